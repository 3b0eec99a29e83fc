import { strict as assert } from "node:assert";
import { GPT } from "../../lib/model/gpt.ts";
import { modelTensors } from "../../lib/model/tensors.ts";
import { configOf } from "../interop/_models.ts";
import { CASES } from "./_cases.ts";

for (
  const { name, changes } of [
    ...CASES.map((name) => ({ name, changes: {} })),
    { name: "mixtral_like", changes: { router_bias_update_rate: 1e-3 } },
    { name: "dense", changes: { lm_head_bias: true, bias: true } },
    { name: "grouped_shared", changes: { bias: true } },
  ]
) {
  const what = [name, ...Object.keys(changes)].join(", ");
  Deno.test(`modelTensors() lists what a GPT of ${what} has, in its order`, () => {
    const config = configOf(name, changes);
    using model = new GPT(config);
    assert.deepEqual(
      modelTensors(config),
      model.weights.named.map(({ name, shape, parameter }) => ({
        name,
        shape: [...shape],
        trained: parameter !== undefined,
      })),
    );
  });
}
