/** AdamW over many tensors in one launch, on a CUDA device. */

import { strict as assert } from "node:assert";
import {
  aten,
  type DType,
  full,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from "../../ffi/mod.ts";
import {
  assertClose,
  check,
  DEVICE,
  kernelTest,
  normal,
  run,
} from "./_check.ts";

const OPTIONS = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };
const LR = 0.01;
const SCALE = 0.5;

interface State {
  param: Tensor;
  grad: Tensor;
  expAvg: Tensor;
  expAvgSq: Tensor;
  step: Tensor;
  shadow: Tensor;
}

function createState(
  size: number,
  dtypes: { param: DType; grad: DType; average: DType },
  offset: number,
): State {
  const device = DEVICE;
  return {
    param: normal([size], { dtype: dtypes.param, offset }),
    grad: normal([size], { dtype: dtypes.grad, offset }),
    expAvg: normal([size], { dtype: dtypes.average }),
    expAvgSq: normal([size]).square().to(dtypes.average),
    step: full([], 4, { device }),
    shadow: zeros([size], { dtype: "bfloat16", device }),
  };
}

function update(states: State[], foundInf: number, withShadows = true): void {
  const column = (key: keyof State) => states.map((state) => state[key]);
  const scalar = (value: number) => full([], value, { device: DEVICE });
  run(
    "adamw_",
    column("param"),
    column("grad"),
    column("expAvg"),
    column("expAvgSq"),
    column("step"),
    scalar(LR),
    scalar(SCALE),
    scalar(foundInf),
    OPTIONS.beta1,
    OPTIONS.beta2,
    OPTIONS.eps,
    OPTIONS.weightDecay,
    withShadows ? column("shadow") : [],
  );
}

/** PyTorch's AdamW, written out. */
function expectedOf({ param, grad, expAvg, expAvgSq, step }: State) {
  const { beta1, beta2, eps, weightDecay } = OPTIONS;
  const t = step.item() + 1;
  const g = grad.to("float64").mul(SCALE);
  const m = expAvg.to("float64").mul(beta1).add(g.mul(1 - beta1));
  const v = expAvgSq.to("float64").mul(beta2)
    .add(g.square().mul(1 - beta2));
  const denominator = v.sqrt().div(Math.sqrt(1 - beta2 ** t)).add(eps);
  const p = param.to("float64").mul(1 - LR * weightDecay)
    .sub(m.div(denominator).mul(LR / (1 - beta1 ** t)));
  return { p, m, v, t };
}

const DTYPES: { param: DType; grad: DType; average: DType }[] = [
  { param: "float32", grad: "float32", average: "float32" },
  { param: "float32", grad: "bfloat16", average: "float32" },
  { param: "bfloat16", grad: "bfloat16", average: "bfloat16" },
  { param: "bfloat16", grad: "bfloat16", average: "float32" },
];

for (const dtypes of DTYPES) {
  const name =
    `${dtypes.param} with gradients of ${dtypes.grad} and averages of ${dtypes.average}`;
  kernelTest(`adamw_ has PyTorch's numbers: ${name}`, () => {
    check(() => {
      const states = [1, 7, 8, 1000, 32768, 32776, 100_003, 262_144]
        .map((size, i) => createState(size, dtypes, i % 3 === 2 ? 1 : 0));
      for (let step = 0; step < 2; step++) {
        const expected = states.map(expectedOf);
        update(states, 0);
        for (const [i, { p, m, v, t }] of expected.entries()) {
          const { param, expAvg, expAvgSq, step, shadow } = states[i]!;
          assertClose(param, p, { name: "param" });
          assertClose(expAvg, m, { name: "exp_avg" });
          assertClose(expAvgSq, v, { name: "exp_avg_sq" });
          assertClose(shadow, p, { name: "shadow" });
          assert.equal(step.item(), t);
        }
      }
    });
  });
}

kernelTest("adamw_ updates more tensors than one launch takes", () => {
  check(() => {
    const states = Array.from(
      { length: 1000 },
      (_, i) =>
        createState(1 + i % 40, {
          param: "float32",
          grad: "float32",
          average: "float32",
        }, 0),
    );
    const expected = states.map((state) => scope(() => expectedOf(state).p));
    update(states, 0, false);
    for (const [i, p] of expected.entries()) {
      assertClose(states[i]!.param, p, { name: `param ${i}` });
      assert.equal(states[i]!.shadow.abs().max().item(), 0);
    }
  });
});

kernelTest("adamw_ changes nothing if found_inf is 1", () => {
  check(() => {
    const state = createState(
      5000,
      { param: "float32", grad: "float32", average: "float32" },
      0,
    );
    const keys = ["param", "expAvg", "expAvgSq", "step", "shadow"] as const;
    const before = keys.map((key) => state[key].clone());
    state.grad.fill_(NaN);
    update([state], 1);
    for (const [i, key] of keys.entries()) {
      assert.ok(aten("equal", state[key], before[i]!), key);
    }
  });
});

kernelTest("adamw_ has the numbers of libtorch's fused form", () => {
  check(() => {
    const mine = [5, 4096, 70_000].map((size) =>
      createState(size, {
        param: "float32",
        grad: "float32",
        average: "float32",
      }, 0)
    );
    const theirs = mine.map((state) => ({
      ...state,
      param: state.param.clone(),
      expAvg: state.expAvg.clone(),
      expAvgSq: state.expAvgSq.clone(),
      step: state.step.add(1),
    }));
    noGrad(() =>
      aten(
        "_fused_adamw_",
        theirs.map(({ param }) => param),
        theirs.map(({ grad }) => grad.mul(SCALE)),
        theirs.map(({ expAvg }) => expAvg),
        theirs.map(({ expAvgSq }) => expAvgSq),
        [],
        theirs.map(({ step }) => step),
        {
          lr: LR,
          beta1: OPTIONS.beta1,
          beta2: OPTIONS.beta2,
          eps: OPTIONS.eps,
          weight_decay: OPTIONS.weightDecay,
          amsgrad: false,
          maximize: false,
        },
      )
    );
    update(mine, 0);
    for (const [i, { param }] of theirs.entries()) {
      assertClose(mine[i]!.param, param, {
        name: "param",
        tolerance: { whole: 1e-6, single: 1e-6 },
      });
    }
  });
});

kernelTest("adamw_ refuses what it has no kernel for", () => {
  check(() => {
    const state = createState(
      8,
      { param: "float32", grad: "float32", average: "bfloat16" },
      0,
    );
    assert.throws(() => update([state], 0), /no kernel for a parameter/);
  });
});
