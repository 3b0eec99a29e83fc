/** Holds operators against their plain compositions in float64: results and every gradient. */

import { strict as assert } from "node:assert";
import {
  backward,
  cat,
  type DType,
  liveCount,
  manualSeed,
  randn,
  scope,
  type Tensor,
  tensor,
} from "../../ffi/mod.ts";
import { type OperatorTable, plainOperators } from "../../lib/operators/mod.ts";

/** The dtypes that operators have on the CPU. */
export const DTYPES = ["float64", "float32", "bfloat16"] as const;

/** What the largest difference may be, as a part of the largest number. */
const TOLERANCES: Partial<Record<DType, number>> = {
  float64: 1e-11,
  float32: 5e-6,
  // Half a unit in the last place of numbers with 8 bits, and a bit for sums of rounded ones.
  bfloat16: 6e-3,
};

/** An operator at work. */
export interface Trial {
  /** What is tried, for messages. */
  readonly name: string;
  /** Inputs that get gradients, drawn from a normal distribution. */
  readonly inputs: readonly {
    readonly shape: readonly number[];
    /** Default: the trial's. */
    readonly dtype?: DType;
  }[];
  /** How often numbers are rounded to the trial's dtype on the way. Default: not before the end. */
  readonly roundings?: number;
  /** Applies a table's operator. `as` names the dtype to ask for: float64 in the reference. */
  readonly run: (
    operators: OperatorTable,
    inputs: Tensor[],
    as: (dtype: DType) => DType,
  ) => Tensor[];
}

/** Each expert's rows by its matrix, one product after the other. */
export const productPerExpert: OperatorTable["groupedLinear"] = (
  x_MC,
  weight_EIC,
  { counts_E },
) => {
  let start = 0;
  const products = [...counts_E.toArray()].map(Number).map((count, expert) => {
    const rows = x_MC.narrow(0, start, count);
    start += count;
    return rows.matmul(weight_EIC.select(0, expert).t());
  });
  return cat(products, 0);
};

const { moeGather, swiglu } = plainOperators;

const reference: OperatorTable = {
  ...plainOperators,
  groupedLinear: productPerExpert,
  moeExperts: (x_NC, rows, { fc_E2IC, proj_ECI }) => {
    const fc_M2I = productPerExpert(moeGather(x_NC, rows), fc_E2IC, rows);
    return productPerExpert(swiglu(fc_M2I), proj_ECI, rows);
  },
};

/**
 * Runs a trial in a dtype, and as it is specified: plain, in float64, on the same numbers. Checks that
 * results and gradients agree within the dtype's rounding and that no handle is left.
 */
export function assertAsSpecified(
  trial: Trial,
  operators: OperatorTable,
  dtype: DType,
): void {
  const before = liveCount();
  manualSeed(1);
  scope(() => {
    const { inputs, run } = trial;
    const given = inputs.map((each) =>
      randn(each.shape).to(each.dtype ?? dtype)
    );
    const leaves = given.map(asLeaf);
    const results = run(operators, leaves, (same) => same);
    const seeds = results.map(({ shape, dtype }) => randn(shape).to(dtype));
    backward(results, { gradients: seeds });

    const wideLeaves = given.map((each) => asLeaf(each.to("float64")));
    const wideResults = run(reference, wideLeaves, () => "float64");
    backward(wideResults, {
      gradients: seeds.map((seed) => seed.to("float64")),
    });

    const what = `${trial.name} in ${dtype}`;
    const tolerance = (trial.roundings ?? 0) * TOLERANCES[dtype]!;
    for (const [i, result] of results.entries()) {
      assertNear(
        result.detach(),
        wideResults[i]!.detach(),
        `${what}: result ${i}`,
        tolerance,
      );
    }
    for (const [i, leaf] of leaves.entries()) {
      assert.equal(leaf.grad?.dtype, leaf.dtype, `${what}: dtype`);
      const wanted = wideLeaves[i]!.grad!;
      assertNear(leaf.grad!, wanted, `${what}: gradient ${i}`, tolerance);
    }
  });
  assert.equal(liveCount(), before, `${trial.name} in ${dtype}: live handles`);
}

function asLeaf(values: Tensor): Tensor {
  const leaf = values.detach();
  leaf.requiresGrad = true;
  return leaf;
}

/** Compares with a tolerance that fits the dtype of `actual`, and is no less than the one given. */
export function assertNear(
  actual: Tensor,
  expected: Tensor,
  what: string,
  least = 0,
): void {
  assert.deepEqual(actual.shape, expected.shape, `${what}: shape`);
  if (actual.numel === 0) return;
  const wide = expected.to("float64");
  const difference = actual.to("float64").sub(wide).abs().max().item();
  const largest = Math.max(wide.abs().max().item(), 0.1);
  const tolerance = Math.max(TOLERANCES[actual.dtype]!, least);
  assert.ok(
    difference <= tolerance * largest,
    `${what} is off by ${difference}, with numbers up to ${largest}`,
  );
}

/** The same numbers with gaps between the rows. */
export function withGaps(values: Tensor): Tensor {
  const width = values.size(-1);
  return cat([values, values], -1).narrow(values.dim - 1, width, width);
}

/** Choices [N, K] among some experts, each token's different from each other, int64. */
export function randomChoices(
  [N, K]: [number, number],
  experts: readonly number[],
): Tensor {
  manualSeed(2);
  const picked = randn([N, experts.length]).topk(K)[1];
  return tensor([...experts], { dtype: "int64" })
    .indexSelect(0, picked.reshape(-1)).view(N, K);
}
