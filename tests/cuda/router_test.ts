/** The CUDA kernels of routers. */

import { strict as assert } from "node:assert";
import { aten, full, type Tensor, zeros } from "../../ffi/mod.ts";
import {
  ACTIVATIONS,
  assertClose,
  check,
  DEVICE,
  kernelTest,
  normal,
  operator,
  reference,
  run,
} from "./_check.ts";

const SHAPES = [[1, 1, 1], [70, 8, 2], [1000, 40, 7], [33, 256, 32]] as const;

for (const dtype of ACTIVATIONS) {
  for (const [tokens, experts, k] of SHAPES) {
    kernelTest(
      `topk_softmax: ${k} of ${experts} for ${tokens} tokens in ${dtype}`,
      () =>
        check(() => {
          const logits = normal([tokens, experts], { dtype, std: 3 });
          const [weights, chosen] = run(
            "topk_softmax_forward",
            logits,
            k,
          ) as [Tensor, Tensor];
          const [best] = logits.topk(k);
          assertClose(logits.gather(1, chosen), best, { name: "values" });
          const gradient = normal([tokens, k]);
          const { outputs, gradients } = reference(
            [logits],
            (logits) => [logits.gather(1, chosen).softmax(1)],
            [gradient],
          );
          assertClose(weights, outputs[0]!, { name: "weights" });
          const [dlogits] = run(
            "topk_softmax_backward",
            gradient,
            weights,
            chosen,
            experts,
            dtype,
          );
          assertClose(dlogits!, gradients[0]!, {
            name: "dlogits",
            // The reference's softmax is that of float64.
            tolerance: dtype === "float32"
              ? { whole: 1e-5, single: 1e-4 }
              : { whole: 4e-3, single: 2e-2 },
          });
        }),
    );
  }
}

kernelTest(
  "topk_softmax takes NaN for the largest, as torch.topk, and no expert twice",
  () =>
    check(() => {
      const logits = zeros([4, 8], { device: DEVICE });
      logits.select(1, 3).fill_(NaN);
      const [, chosen] = operator("topk_softmax_forward", logits, 8);
      const [sorted] = aten("sort", chosen!, 1);
      assert.deepEqual(
        [...chosen!.select(0, 2).toArray()].map(Number),
        [3, 0, 1, 2, 4, 5, 6, 7],
      );
      assert.deepEqual(
        [...sorted.select(0, 0).toArray()].map(Number),
        [0, 1, 2, 3, 4, 5, 6, 7],
      );
    }),
);

for (const dtype of ACTIVATIONS) {
  for (const [tokens, experts] of SHAPES) {
    kernelTest(
      `router_statistics_: ${experts} experts, ${tokens} tokens in ${dtype}`,
      () =>
        check(() => {
          const logits = normal([tokens, experts], { dtype, std: 2 });
          const counts = full([experts], 1, { device: DEVICE });
          const entropies = zeros([32], { device: DEVICE });
          const passes = zeros([], { device: DEVICE });
          const choices = full([experts], 5, {
            dtype: "int32",
            device: DEVICE,
          });
          operator(
            "router_statistics_",
            counts,
            entropies,
            passes,
            logits,
            choices,
          );
          const { outputs } = reference([logits], (logits) => {
            const log = aten("log_softmax.int", logits, 1);
            return [log.exp().mul(log).sum(1).mean().neg()];
          });
          assertClose(entropies.sum(), outputs[0]!, {
            name: "entropy",
            tolerance: { whole: 1e-4, single: 1e-4 },
          });
          assertClose(counts, full([experts], 6, { device: DEVICE }), {
            name: "counts",
          });
          assert.equal(passes.item(), 1);
        }),
    );
  }
}
