/** Sorting, copying and adding up of experts' rows on a CUDA device. */

import { strict as assert } from "node:assert";
import { rand, type Tensor, tensor, zeros } from "../../ffi/mod.ts";
import {
  ACTIVATIONS,
  assertClose,
  check,
  DEVICE,
  kernelTest,
  normal,
  reference,
  run,
} from "./_check.ts";

/** N tokens, K choices of E experts; with a skew above 1 the first experts get most of them. */
interface Sizes {
  N: number;
  K: number;
  E: number;
  skew: number;
}

const CASES: Sizes[] = [
  { N: 1, K: 1, E: 1, skew: 1 },
  { N: 1, K: 2, E: 8, skew: 1 },
  { N: 33, K: 1, E: 3, skew: 1 },
  { N: 1000, K: 2, E: 8, skew: 1 },
  { N: 5000, K: 3, E: 16, skew: 8 },
  { N: 777, K: 8, E: 300, skew: 1 },
  { N: 300, K: 5, E: 1500, skew: 2 },
  { N: 0, K: 2, E: 4, skew: 1 },
];

function chooseExperts({ N, K, E, skew }: Sizes): Tensor {
  return rand([N, K], { device: DEVICE }).pow(skew).mul(E).to("int64")
    .clamp(0, E - 1);
}

const numbers = (tensor: Tensor): number[] =>
  Array.from(tensor.toArray(), Number);

for (const sizes of CASES) {
  const options = { isLarge: sizes.N * sizes.K > 1400 };
  const { N, K, E } = sizes;
  const name = `${N} tokens, ${K} choices of ${E} experts`;

  kernelTest(`moe_sort keeps the order of choices: ${name}`, () => {
    check(() => {
      const experts = chooseExperts(sizes);
      const chosen = numbers(experts);
      const order = chosen.map((_, i) => i)
        .sort((a, b) => chosen[a]! - chosen[b]! || a - b);
      const counts = Array.from({ length: E }, () => 0);
      for (const expert of chosen) counts[expert]! += 1;
      let end = 0;
      const ends = counts.map((count) => end += count);
      const rows = Array.from(chosen, () => 0);
      order.forEach((choice, row) => rows[choice] = row);

      const results = run("moe_sort", experts, E);
      assert.deepEqual(results.map(({ dtype }) => dtype), [
        "int32",
        "int32",
        "int32",
        "int32",
      ]);
      const [token, row, count, last] = results.map(numbers);
      assert.deepEqual(token, order.map((choice) => Math.floor(choice / K)));
      assert.deepEqual(row, rows);
      assert.deepEqual(count, counts);
      assert.deepEqual(last, ends);
    });
  });

  kernelTest(`moe_gather has its composition's numbers: ${name}`, () => {
    for (const dtype of ACTIVATIONS) {
      for (const width of [1, 96, 100, 4000]) {
        check(() => {
          const [token, row] = run("moe_sort", chooseExperts(sizes), E);
          const x = normal([N, width], { dtype });
          const dy = normal([N * K, width], { dtype });
          const expected = reference(
            [x],
            (x) => [x.indexSelect(0, token!)],
            [dy],
          );
          const [y] = run("moe_gather_forward", x, token!, row!);
          assertClose(y!, expected.outputs[0]!, {
            name: "y",
            tolerance: { whole: 0, single: 0 },
          });
          const [dx] = run("moe_gather_backward", dy, row!);
          assertClose(dx!, expected.gradients[0]!, { name: `dx ${dtype}` });
        });
      }
    }
  }, options);

  kernelTest(`moe_combine has its composition's numbers: ${name}`, () => {
    for (const yType of ACTIVATIONS) {
      for (const outType of ACTIVATIONS) {
        for (const weightType of ACTIVATIONS) {
          for (const width of [1, 96, 100, 4000]) {
            check(() => {
              const [, row] = run("moe_sort", chooseExperts(sizes), E);
              const y = normal([N * K, width], { dtype: yType });
              const weights = normal([N, K], { dtype: weightType });
              const dout = normal([N, width], { dtype: outType });
              const expected = reference([y, weights], (y, weights) => {
                const own = y.indexSelect(0, row!.view(N * K))
                  .view(N, K, width);
                return [own.mul(weights.unsqueeze(-1)).sum(1)];
              }, [dout]);
              const [out] = run(
                "moe_combine_forward",
                y,
                weights,
                row!,
                outType,
              );
              assertClose(out!, expected.outputs[0]!, {
                name: `out ${outType}`,
              });
              const [dy, dweights] = run(
                "moe_combine_backward",
                dout,
                y,
                weights,
                row!,
              );
              assertClose(dy!, expected.gradients[0]!, { name: `dy ${yType}` });
              assertClose(dweights!, expected.gradients[1]!, {
                name: `dweights ${weightType}`,
              });
            });
          }
        }
      }
    }
  }, options);
}

kernelTest("moe_sort takes experts that are not contiguous", () => {
  check(() => {
    const experts = tensor([[0, 1, 1], [1, 0, 1]], {
      dtype: "int64",
      device: DEVICE,
    }).t();
    const [token, row, counts] = run("moe_sort", experts, 2);
    assert.deepEqual(numbers(token!), [0, 1, 0, 1, 2, 2]);
    assert.deepEqual(numbers(row!), [0, 2, 3, 1, 4, 5]);
    assert.deepEqual(numbers(counts!), [2, 4]);
  });
});

kernelTest("moe_sort refuses more experts than it can count", () => {
  check(() => {
    assert.throws(
      () =>
        run(
          "moe_sort",
          zeros([2, 1], { dtype: "int64", device: DEVICE }),
          5000,
        ),
      /1 to 2048 experts/,
    );
  });
});
