/** Small models for the tests of interop. */

import { parse } from "@std/yaml";
import { manualSeed, scope } from "../../ffi/mod.ts";
import { tensorsToWrite } from "../../lib/checkpoint/state.ts";
import { openCheckpointStore } from "../../lib/checkpoint/store.ts";
import { deriveModelConfig, modelSchema } from "../../lib/config/model.ts";
import {
  defineConfig,
  type ModelConfig,
  modelConfigToYaml,
  runConfigToYaml,
} from "../../lib/config/mod.ts";
import { GPT } from "../../lib/model/gpt.ts";
const GOLDEN = new URL("../golden/", import.meta.url).pathname;

/** Path of a case's model_config.yaml, which LitGPT wrote. */
export function configFile(name: string): string {
  return `${GOLDEN}${name}/model_config.yaml`;
}

/** The model of a case, with changes. */
export function configOf(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): ModelConfig {
  const keys = parse(Deno.readTextFileSync(configFile(name))) as object;
  return deriveModelConfig(modelSchema.parse({ ...keys, ...changes }));
}

/** A temporary folder that goes away. */
export async function temporaryFolder(): Promise<
  AsyncDisposable & { readonly path: string }
> {
  const path = await Deno.makeTempDir({ prefix: "moebius-interop-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Writes a checkpoint of random weights and a tokenizer alone; returns its folder. */
export async function writeWeights(
  config: ModelConfig,
  outDir: string,
  { tieEmbeddings = false, dtype = "32-true", tokenizer = "data/tokenizer" }: {
    tieEmbeddings?: boolean;
    dtype?: "32-true" | "bf16-true";
    tokenizer?: "data/tokenizer" | "gpt2";
  } = {},
): Promise<string> {
  using model = new GPT(config, { tieEmbeddings, precision: dtype });
  manualSeed(7);
  model.weights.initialize();
  scope(() => {
    // Norms that are not one, so that a forgotten one shows.
    for (const { name, tensor, part } of model.weights.named) {
      if (!/norm|ln_f|bias/.test(name)) continue;
      const values = part(tensor).detach();
      values.add_(values.mul(0).add(1).normal_(0, 0.1));
    }
  });
  using store = await openCheckpointStore(outDir);
  const { path } = await store.publish("final", async (draft) => {
    const tensors = tensorsToWrite(model.weights.named);
    await draft.writeTensors("model.safetensors", tensors, { format: "pt" });
    await draft.writeText("model_config.yaml", modelConfigToYaml(config));
    if (tokenizer === "gpt2") {
      // Which has no files: the run's settings name it.
      const run = defineConfig({
        model_name: "moe-quickstart",
        tokenizer_dir: tokenizer,
      });
      await draft.writeText("hyperparameters.yaml", runConfigToYaml(run));
      return;
    }
    await draft.copyFile("data/tokenizer/tokenizer.json");
    await draft.copyFile("data/tokenizer/tokenizer_config.json");
  }, { step: 0 });
  return path;
}
