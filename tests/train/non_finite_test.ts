/** Numbers that are not finite, put into a step: the update is skipped, and no bit of weights or optimizer moves. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { noGrad, scope, type Tensor } from "../../ffi/mod.ts";
import { readMetrics } from "../../lib/metrics/mod.ts";
import type { GPT } from "../../lib/model/gpt.ts";
import { digestTensors, withTrainer, workspace } from "./_run.ts";

/** The step that is spoiled. */
const SPOILED = 3;
const PLACES = ["the batch", "the router", "a gradient"] as const;

for (const place of PLACES) {
  for (const value of [NaN, Infinity]) {
    Deno.test(`Trainer skips the update for ${value} in ${place}, and goes on`, async () => {
      await using folder = await workspace();
      const config = folder.config({
        model_config: { router_bias_update_rate: 0.01 },
        train: { max_steps: 5, save_interval: 1 },
        eval: { interval: 0, final_validation: false },
      });
      const messages: string[] = [];
      await withTrainer(config, async (trainer) => {
        spoil(trainer.model, {
          place,
          value,
          isTime: () => trainer.step === SPOILED,
        });
        assert.equal((await trainer.fit()).reason, "max_steps");
      }, { onMessage: (text) => messages.push(text) });

      assert.equal(messages.length, 1, messages.join("\n"));
      assert.match(messages[0]!, /^Skipped the update of step 3: loss/);
      const rows = await readMetrics(join(config.out_dir, "metrics.csv"));
      const skipped = rows.map((row) => row["skipped_updates"]);
      assert.deepEqual(skipped, [0, 0, 1, 1, 1]);
      const after = (step: number) =>
        digestTensors(join(config.out_dir, `step-0000000${step}`));
      const before = await after(SPOILED - 1);
      assert.deepEqual(await after(SPOILED), before);
      const next = await after(SPOILED + 1);
      const same = Object.keys(next).filter((key) => next[key] === before[key]);
      assert.deepEqual(same, []);
    });
  }
}

/** Makes the model compute one step with a number that does not belong there. */
function spoil(
  model: GPT,
  { place, value, isTime }: {
    place: typeof PLACES[number];
    value: number;
    isTime: () => boolean;
  },
): void {
  const run = model.forwardBackward.bind(model);
  const gate = model.weights.named.find(({ name }) =>
    name.endsWith("mlp.gate.weight")
  );
  model.forwardBackward = (...args) => {
    if (!isTime()) return run(...args);
    // The text's first words are in every batch: their embeddings are its input.
    const restore = place === "the batch"
      ? put(model.wte, value)
      : place === "the router"
      ? put(gate!.tensor, value)
      : undefined;
    const loss = run(...args);
    restore?.();
    if (place === "a gradient") put(model.ln_f.weight.grad!, value);
    return loss;
  };
}

/** Fills the first row of a tensor; the returned function puts it back. */
function put(tensor: Tensor, value: number): () => void {
  const row = () => {
    const flat = tensor.detach();
    return flat.dim === 1 ? flat.narrow(0, 0, 1) : flat;
  };
  const kept = scope(() => row().clone());
  const write = (action: (target: Tensor) => void) =>
    noGrad(() => scope(() => action(row())));
  write((target) => target.fill_(value));
  return () => {
    write((target) => target.copy_(kept));
    kept.dispose();
  };
}
