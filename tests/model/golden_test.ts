/** The model against LitGPT: logits, loss, every gradient, and 20 training steps. */

import { strict as assert } from "node:assert";
import { noGrad, scope, type Tensor } from "../../ffi/mod.ts";
import type { GPT } from "../../lib/model/gpt.ts";
import { fusedOperators, plainOperators } from "../../lib/operators/mod.ts";
import { CASES } from "./_cases.ts";
import {
  assertClose,
  assertTrains,
  readModel,
  readTable,
  readTensors,
} from "./_golden.ts";

const NUMBERS = { rtol: 1e-4, atol: 1e-5 };
const TRAINED = { rtol: 0, atol: 1e-4 };

const WAYS = [
  { how: "", fused: true, gradientCheckpointing: false },
  { how: " with plain operators", fused: false, gradientCheckpointing: false },
  {
    how: " with gradient checkpointing",
    fused: true,
    gradientCheckpointing: true,
  },
];

for (const name of [...CASES, "empty_expert"]) {
  for (const { how, fused, gradientCheckpointing } of WAYS) {
    Deno.test(`GPT has LitGPT's numbers for ${name}${how}`, async () => {
      const operators = fused ? fusedOperators : plainOperators;
      const options = { operators, gradientCheckpointing };
      using model = await readModel(name, options);
      const expected = await readTensors(`${name}/expected.safetensors`);
      const get = (key: string) => expected.get(key)!;

      noGrad(() =>
        scope(() => {
          const logits = model.forward(get("input_ids"));
          assertClose(logits, get("logits"), NUMBERS, "logits");
        })
      );

      scope(() => {
        const loss = model.forwardBackward(get("input_ids"), get("targets"));
        assertClose(loss, get("loss"), NUMBERS, "loss");
        for (const [key, gradient] of gradients(model)) {
          assertClose(gradient, get(`grad.${key}`), NUMBERS, `grad of ${key}`);
        }
      });
      model.statistics.endStep([], 0);
      const counts = model.statistics.read()?.counts ?? [];
      const layers = [...expected.keys()]
        .filter((key) => key.startsWith("expert_tokens."));
      assert.deepEqual(
        counts,
        layers.sort().map((key) => [...get(key).toArray()].map(Number)),
      );
    });
  }

  for (const fused of [true, false]) {
    const how = fused ? "" : " with plain operators";
    Deno.test(`GPT and AdamW train as LitGPT does for ${name}${how}`, async () => {
      const operators = fused ? fusedOperators : plainOperators;
      using model = await readModel(name, { operators });
      const expected = await readTensors(`${name}/expected.safetensors`);
      assertTrains(model, expected, { tolerance: TRAINED, operators });
      const noise = await readTable<
        Record<string, { meaningless_final_qkv_bias?: number[] }>
      >("rounding.json");
      for (const { name: key, tensor, part, alias } of model.weights.named) {
        if (!expected.has(`final.${key}`) || alias) continue;
        scope(() =>
          assertClose(
            part(tensor).detach(),
            expected.get(`final.${key}`)!,
            TRAINED,
            `final ${key}`,
            // Rounding noise alone moves key biases outside the rotated part: they cancel in softmax.
            key.endsWith("qkv.bias")
              ? new Set(noise[name]?.meaningless_final_qkv_bias)
              : undefined,
          )
        );
      }
    });
  }
}

for (const name of ["seed_like", "tied", "dense"]) {
  for (const precision of ["32-true", "bf16-mixed"] as const) {
    Deno.test(`micro-batches of ${name} in ${precision} add up to the gradients of their batch`, async () => {
      const expected = await readTensors(`${name}/expected.safetensors`);
      const batch = expected.get("stream")!.select(0, 0);
      const length = batch.size(1) - 1;
      const gradientsOf = async (parts: number) => {
        using model = await readModel(name, { precision });
        const { weights } = model;
        const size = batch.size(0) / parts;
        if (parts > 1) noGrad(() => weights.beginSums());
        for (let i = 0; i < parts; i++) {
          scope(() => {
            const part = batch.narrow(0, i * size, size);
            model.forwardBackward(
              part.narrow(1, 0, length),
              part.narrow(1, 1, length),
              1 / parts,
            );
            if (parts > 1) noGrad(() => weights.addToSums());
          });
        }
        return scope(() =>
          new Map([...gradients(model)].map(([key, grad]) => {
            return [key, Array.from(grad.toArray(), Number)];
          }))
        );
      };
      const whole = await gradientsOf(1);
      const summed = await gradientsOf(batch.size(0));
      const most = precision === "32-true" ? 1e-5 : 3e-2;
      for (const [key, wanted] of whole) {
        const norm = (numbers: number[]) => Math.hypot(...numbers);
        const difference = norm(summed.get(key)!.map((x, i) => x - wanted[i]!));
        const error = difference / (norm(wanted) || 1);
        assert.ok(error <= most, `${key}: relative error ${error}`);
      }
    });
  }
}

function* gradients(model: GPT): Generator<[string, Tensor]> {
  for (const { name, parameter, part, alias } of model.weights.named) {
    if (parameter === undefined || alias) continue;
    yield [name, part(parameter.grad!)];
  }
}
