/** The experts as one operator on a CUDA device, forward and backward, by each of the matrix products. */

import { strict as assert } from "node:assert";
import {
  aten,
  backward,
  call,
  cat,
  type DType,
  enableGrad,
  rand,
  type Tensor,
} from "../../ffi/mod.ts";
import {
  assertClose,
  check,
  DEVICE,
  kernelTest,
  multipliedBy,
  normal,
  operator,
  productTests,
  reference,
  run,
} from "./_check.ts";

/** N tokens, K choices of E experts, all among the first `used`; widths C and I. */
interface Sizes {
  N: number;
  K: number;
  E: number;
  used: number;
  C: number;
  I: number;
}

const CASES: Sizes[] = [
  { N: 1, K: 1, E: 1, used: 1, C: 8, I: 8 },
  { N: 1, K: 2, E: 8, used: 8, C: 64, I: 40 },
  { N: 77, K: 1, E: 4, used: 1, C: 72, I: 136 },
  { N: 300, K: 3, E: 16, used: 5, C: 48, I: 64 },
  { N: 1000, K: 2, E: 8, used: 8, C: 256, I: 200 },
  { N: 3000, K: 2, E: 4, used: 3, C: 768, I: 512 },
  // Neither in 16-byte rows nor in whole tiles.
  { N: 50, K: 2, E: 3, used: 3, C: 71, I: 33 },
];

function sortedRows({ N, K, E, used }: Sizes): Tensor[] {
  const experts = used < K
    ? rand([N, K], { device: DEVICE }).mul(used).to("int64")
    : rand([N, used], { device: DEVICE }).topk(K)[1];
  return operator("moe_sort", experts, E);
}

/** Each group of rows by its matrix. */
function products(x_MC: Tensor, weight_EIC: Tensor, counts: number[]): Tensor {
  return cat(
    x_MC.split(counts, 0)
      .map((rows, e) => rows.matmul(weight_EIC.select(0, e).t())),
    0,
  );
}

function gate(fc_M2I: Tensor): Tensor {
  const [gates, ups] = aten("chunk", fc_M2I, 2, -1);
  return aten("silu", gates!).mul(ups!);
}

// fc and h are rounded on the way to y and to the gradients.
const TOLERANCES: Partial<Record<DType, { whole: number; single: number }>> = {
  float32: { whole: 1e-5, single: 1e-4 },
  bfloat16: { whole: 1e-2, single: 3e-2 },
};

function checkExperts(sizes: Sizes, dtype: DType, offset: number): void {
  check(() => {
    const { N, E, C, I } = sizes;
    const [token, row, counts, ends] = sortedRows(sizes) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const countsOfExperts = Array.from(counts.toArray(), Number);
    const inputs = [
      normal([N, C], { dtype, offset }),
      normal([E, 2 * I, C], { dtype, std: C ** -0.5 }),
      normal([E, C, I], { dtype, std: I ** -0.5 }),
    ] as const;
    const dy = normal([token.size(0), C], { dtype });
    const expected = reference(inputs, (x, fc, proj) => {
      const rows = x.indexSelect(0, token);
      const gated = gate(products(rows, fc, countsOfExperts));
      return [products(gated, proj, countsOfExperts)];
    }, [dy]);

    const leaves = inputs.map((input) => {
      const leaf = input.detach();
      leaf.requiresGrad = true;
      return leaf;
    });
    const [x, fc, proj] = leaves as [Tensor, Tensor, Tensor];
    const apply = (sums: (Tensor | null)[] = [null, null]) =>
      call("moebius::moe_experts", [
        ...[x, token, row, ends, fc, proj],
        ...sums,
      ]) as Tensor;
    const y = enableGrad(() => apply());
    backward([y], { gradients: [dy] });
    const tolerance = TOLERANCES[dtype]!;
    assertClose(y.detach(), expected.outputs[0]!, { name: "y", tolerance });
    for (const [i, name] of ["dx", "dfc_weight", "dproj_weight"].entries()) {
      assertClose(leaves[i]!.grad!, expected.gradients[i]!, {
        name,
        tolerance,
      });
    }
    assertClose(apply(), y.detach(), {
      name: "y without gradients",
      tolerance: { whole: 0, single: 0 },
    });

    // Given sums, backward adds to these and leaves no gradient of the weights.
    const sums = [fc, proj].map(({ shape }) => normal(shape));
    const before = sums.map((sum) => sum.to("float64"));
    for (const leaf of leaves) leaf.grad = null;
    const again = enableGrad(() => apply(sums));
    backward([again], { gradients: [dy] });
    for (const [i, sum] of sums.entries()) {
      assert.equal(leaves[1 + i]!.grad, null);
      assertClose(sum, before[i]!.add(expected.gradients[1 + i]!), {
        name: `sum ${i}`,
        tolerance,
      });
    }
  });
}

/** The products that have SwiGLU at their ends, each against what it stands for. */
function checkGated(sizes: Sizes, dtype: DType): void {
  check(() => {
    const { E, C, I } = sizes;
    const [token, , counts, ends] = sortedRows(sizes) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const M = token.size(0);
    const countsOfExperts = Array.from(counts.toArray(), Number);
    const x = normal([M, C], { dtype });
    const fcWeight = normal([E, 2 * I, C], { dtype, std: C ** -0.5 });
    const [fc, h] = run("grouped_swiglu_forward", x, fcWeight, ends);
    const forward = reference(
      [x, fcWeight],
      (x, weight) => [products(x, weight, countsOfExperts)],
    );
    assertClose(fc!, forward.outputs[0]!, { name: "fc" });
    assertClose(h!, gate(fc!.to("float64")), { name: "h" });

    const projWeight = normal([E, C, I], { dtype, std: I ** -0.5 });
    const dy = normal([M, C], { dtype });
    const [dfc, again] = run(
      "grouped_swiglu_backward",
      dy,
      projWeight,
      fc!,
      ends,
    );
    const backwards = reference(
      [fc!],
      (fc) => [
        products(gate(fc), projWeight.to("float64"), countsOfExperts),
      ],
      [dy],
    );
    assertClose(dfc!, backwards.gradients[0]!, {
      name: "dfc",
      tolerance: TOLERANCES[dtype]!,
    });
    assertClose(again!, h!, { name: "h again" });
  });
}

for (const sizes of CASES) {
  const { N, K, E, used, C, I } = sizes;
  productTests({
    operator: "moe_experts",
    name: `${N} tokens, ${K} of ${E} experts, ${used} used, ${C} by ${I}`,
    isLarge: N * C * I > 10_000_000,
  }, (dtype) => {
    checkExperts(sizes, dtype, 0);
    checkExperts(sizes, dtype, 1);
    checkGated(sizes, dtype);
  });
}

kernelTest(
  "what lies behind a group of rows does not reach its results",
  () => {
    check(() => {
      const sizes = { N: 500, K: 2, E: 4, used: 4, C: 64, I: 64 };
      const [token, , , ends] = sortedRows(sizes) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const first = Number(ends.toArray()[0]);
      const x = normal([token.size(0), 64], { dtype: "bfloat16" });
      const dy = normal([token.size(0), 64], { dtype: "bfloat16" });
      multipliedBy("wgmma", () => {
        const [expected] = run("grouped_linear_weight", dy, x, ends);
        x.narrow(0, first, 3).fill_(NaN);
        dy.narrow(0, first, 3).fill_(NaN);
        const [dweight] = run("grouped_linear_weight", dy, x, ends);
        assertClose(dweight!.select(0, 0), expected!.select(0, 0), {
          name: "dweight of the group before",
          tolerance: { whole: 0, single: 0 },
        });
        assert.ok(Number.isNaN(dweight!.select(0, 1).sum().item()));
      });
    });
  },
);
