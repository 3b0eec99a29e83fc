/** Known functions that samplers are compared on; tests/bench/peer_optuna.py has the same. */

import type { SearchSpace, TrialParameters } from "../../lib/sweep/mod.ts";

/** A function of parameters, to be minimised. */
export interface TestFunction {
  readonly space: SearchSpace;
  evaluate(parameters: TrialParameters): number;
}

const range = (
  key: string,
  min: number,
  max: number,
  { log = false, step = null }: { log?: boolean; step?: number | null } = {},
) => ({ key, distribution: { kind: "range", min, max, log, step } }) as const;

const numbers = (parameters: TrialParameters, ...keys: string[]) =>
  keys.map((key) => Number(parameters[key]));

const HARTMANN_ALPHA = [1, 1.2, 3, 3.2];
const HARTMANN_A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN_P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];
const HARTMANN_KEYS = ["x0", "x1", "x2", "x3", "x4", "x5"];

/** Best logarithm of the learning rate, and the loss there, by optimizer. */
const OPTIMIZERS: Record<string, [log10Lr: number, loss: number]> = {
  adam: [-2.5, 0],
  sgd: [-0.5, 0.3],
  lion: [-3.5, 0.1],
  adagrad: [-1.5, 0.6],
};

/** By name; the lowest values are 0.398, -3.322, 0 and 0. */
export const TEST_FUNCTIONS: Readonly<Record<string, TestFunction>> = {
  Branin: {
    space: [range("x", -5, 10), range("y", 0, 15)],
    evaluate: (parameters) => {
      const [x = NaN, y = NaN] = numbers(parameters, "x", "y");
      const b = 5.1 / (4 * Math.PI ** 2);
      return (y - b * x * x + 5 / Math.PI * x - 6) ** 2 +
        10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    },
  },
  Hartmann6: {
    space: HARTMANN_KEYS.map((key) => range(key, 0, 1)),
    evaluate: (parameters) => {
      const x = numbers(parameters, ...HARTMANN_KEYS);
      return -HARTMANN_ALPHA.reduce((sum, alpha, i) => {
        const distance = x.reduce(
          (d, xj, j) => d + HARTMANN_A[i]![j]! * (xj - HARTMANN_P[i]![j]!) ** 2,
          0,
        );
        return sum + alpha * Math.exp(-distance);
      }, 0);
    },
  },
  "Rosenbrock, log scale": {
    space: ["x0", "x1", "x2"].map((key) =>
      range(key, 1e-2, 1e2, { log: true })
    ),
    evaluate: (parameters) => {
      const x = numbers(parameters, "x0", "x1", "x2");
      let sum = 0;
      for (let i = 0; i + 1 < x.length; i++) {
        sum += 100 * (x[i + 1]! - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2;
      }
      return Math.log10(1 + sum);
    },
  },
  "Mixed, categorical": {
    space: [
      {
        key: "optimizer",
        distribution: {
          kind: "categorical",
          values: Object.keys(OPTIMIZERS),
          probabilities: [0.25, 0.25, 0.25, 0.25],
        },
      },
      range("lr", 1e-5, 1, { log: true }),
      range("layers", 1, 12, { step: 1 }),
      range("width", 32, 512, { step: 32 }),
      range("dropout", 0, 0.5),
    ],
    evaluate: (parameters) => {
      const [lr = NaN, layers = NaN, width = NaN, dropout = NaN] = numbers(
        parameters,
        "lr",
        "layers",
        "width",
        "dropout",
      );
      const [bestLr, loss] = OPTIMIZERS[String(parameters["optimizer"])] ??
        [NaN, NaN];
      return loss + 0.5 * (Math.log10(lr) - bestLr) ** 2 +
        0.02 * (layers - 8) ** 2 + ((width - 256) / 256) ** 2 +
        4 * (dropout - 0.1) ** 2;
    },
  },
};
