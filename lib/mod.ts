/**
 * moebius: train Mixture-of-Experts language models from TypeScript.
 *
 * - tensors, operators, autograd, devices: {@linkcode Tensor}, {@linkcode scope}, {@linkcode aten}
 * - configuration: {@linkcode defineConfig}, {@linkcode loadRunConfig}, {@linkcode defineModelConfig}
 * - data: {@linkcode openDataset}, {@linkcode loadTokenizer}
 * - model: {@linkcode GPT}, {@linkcode loadModel}, {@linkcode countParameters}
 * - training: {@linkcode Trainer}, {@linkcode placeRun}, {@linkcode AdamW}
 * - sweeps: {@linkcode sweep}, {@linkcode loadSweep}, {@linkcode Study}
 * - to and from LitGPT and Hugging Face: {@linkcode planImport}, {@linkcode readCheckpoint}
 * - evaluation and text: {@linkcode evaluateLoss}, {@linkcode generateText}
 * - in notebooks: {@linkcode train}, {@linkcode follow}, {@linkcode compare}, {@linkcode lrFind},
 *   {@linkcode routeText}, {@linkcode openCheckpoint}, {@linkcode showTokens}
 *
 * @module
 */

export * from "../ffi/mod.ts";
export type { NamedTensor } from "./checkpoint/state.ts";
export * from "./config/mod.ts";
export * from "./data/mod.ts";
export * from "./evaluate/loss.ts";
export * from "./generate/decoder.ts";
export * from "./generate/generate.ts";
export * from "./generate/sample.ts";
export * from "./interop/mod.ts";
export * from "./metrics/mod.ts";
export * from "./model/mod.ts";
export * from "./notebook/mod.ts";
export * from "./operators/mod.ts";
export * from "./optimizer/adamw.ts";
export * from "./plots/mod.ts";
export * from "./progress/mod.ts";
export * from "./sweep/mod.ts";
// The same sweep, which a notebook sees.
export { sweep } from "./notebook/sweep.ts";
export * from "./tokenizer/mod.ts";
export * from "./train/mod.ts";
