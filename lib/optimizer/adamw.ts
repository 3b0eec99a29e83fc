/**
 * AdamW (Loshchilov and Hutter 2019) with clipping by the global norm, as one step on the device: no
 * value of it travels to the host.
 *
 * @module
 */

import {
  full,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from "../../ffi/mod.ts";
import { optimizerTensorName } from "../checkpoint/names.ts";
import type { NamedTensor } from "../checkpoint/state.ts";
import type { Parameter } from "../model/parameter.ts";
import type { NamedWeight } from "../model/weights.ts";
import {
  type ClipFactor,
  fusedOperators,
  type OperatorTable,
} from "../operators/mod.ts";

/** Options of {@linkcode AdamW}, with PyTorch's names and defaults. */
export interface AdamWOptions {
  /** Decay rates of the two averages. Default: 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the averaged square. Default: 1e-8. */
  readonly eps?: number;
  /** Part of each weight that a step takes off, times the learning rate. Default: 0.01. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this global norm; null never. Default: null. */
  readonly maxNorm?: number | null;
  /** What it computes with. Default: the fused operators. */
  readonly operators?: OperatorTable;
}

/** The state of one parameter. */
interface Moments {
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
  /** Number of updates, float32 []. */
  readonly step: Tensor;
}

/** Parameters that one call of the operator updates. */
interface Group {
  /** Layers compute with copies of them, which the update writes too. */
  readonly copied: boolean;
  readonly parameters: Parameter[];
  readonly grads: Tensor[];
  readonly moments: Moments[];
}

/**
 * The optimizer. A step whose gradients are not finite changes nothing, neither weights nor state, and
 * is counted.
 */
export class AdamW {
  readonly #parameters: readonly Parameter[];
  readonly #moments: readonly Moments[];
  readonly #options: Required<AdamWOptions>;
  /** Learning rate of the next step, float32 []: on the device, so that captured steps read it. */
  readonly lr: Tensor;
  /** Norm of all gradients before clipping, of the last step, float32 []. */
  readonly gradNorm: Tensor;
  /** How many steps were skipped because of gradients that are not finite, float32 []. */
  readonly skipped: Tensor;

  /** Creates the state, zeroed. */
  constructor(parameters: readonly Parameter[], options: AdamWOptions = {}) {
    const [first] = parameters;
    if (first === undefined) {
      throw new TypeError("Cannot create AdamW: it got no parameters");
    }
    const { device } = first.tensor;
    this.#parameters = parameters;
    this.#options = {
      betas: options.betas ?? [0.9, 0.999],
      eps: options.eps ?? 1e-8,
      weightDecay: options.weightDecay ?? 0.01,
      maxNorm: options.maxNorm ?? null,
      operators: options.operators ?? fusedOperators,
    };
    this.#moments = parameters.map(({ tensor }) => ({
      expAvg: keep(zeros(tensor.shape, { dtype: tensor.dtype, device })),
      expAvgSq: keep(zeros(tensor.shape, { dtype: tensor.dtype, device })),
      step: keep(zeros([], { device })),
    }));
    this.lr = keep(full([], 0, { device }));
    this.gradNorm = keep(zeros([], { device }));
    this.skipped = keep(zeros([], { device }));
  }

  /** Updates the weights from their gradients and drops these. */
  step(): void {
    this.#run({ isRehearsal: false });
  }

  /**
   * Does all that a step does, but drops the gradients and changes neither weights nor state: before a step is
   * captured in a CUDA graph, libraries must have run once.
   */
  rehearse(): void {
    this.#run({ isRehearsal: true });
  }

  #run({ isRehearsal }: { isRehearsal: boolean }): void {
    noGrad(() =>
      scope(() => {
        const { operators, maxNorm } = this.#options;
        const groups = this.#groups();
        const { norm, factor, foundInf } = operators.clipFactor(
          groups.flatMap(({ grads }) => grads),
          maxNorm,
        );
        this.gradNorm.copy_(norm);
        if (isRehearsal) foundInf.fill_(1);
        else this.skipped.add_(foundInf);
        this.#update(groups, { factor, foundInf });
        for (const parameter of this.#parameters) parameter.zeroGrad();
      })
    );
  }

  /** Parameters with a copy in the dtype of computation, and those without. */
  #groups(): Group[] {
    const groups = [true, false].map((copied): Group => ({
      copied,
      parameters: [],
      grads: [],
      moments: [],
    }));
    for (const [i, parameter] of this.#parameters.entries()) {
      const { grad, name, copy } = parameter;
      if (grad === null) {
        throw new Error(`Cannot update ${name}: it has no gradient`);
      }
      const group = groups[copy === null ? 1 : 0]!;
      group.parameters.push(parameter);
      group.grads.push(grad);
      group.moments.push(this.#moments[i]!);
    }
    return groups.filter(({ grads }) => grads.length > 0);
  }

  #update(
    groups: readonly Group[],
    { factor, foundInf }: Pick<ClipFactor, "factor" | "foundInf">,
  ): void {
    const { operators, betas, eps, weightDecay } = this.#options;
    for (const { copied, parameters, grads, moments } of groups) {
      operators.adamw({
        params: parameters.map(({ tensor }) => tensor),
        grads,
        expAvgs: moments.map(({ expAvg }) => expAvg),
        expAvgSqs: moments.map(({ expAvgSq }) => expAvgSq),
        steps: moments.map(({ step }) => step),
        shadows: copied ? parameters.map(({ compute }) => compute) : [],
        lr: this.lr,
        gradScale: factor,
        foundInf,
      }, { betas, eps, weightDecay });
      for (const parameter of parameters) parameter.markFresh();
    }
  }

  /**
   * The state under the names that a checkpoint gives it: `exp_avg.NAME`, `exp_avg_sq.NAME` and
   * `step.NAME` for each weight, in parts as the weights are.
   */
  named(weights: readonly NamedWeight[]): NamedTensor[] {
    const entries: NamedTensor[] = [];
    for (const { name, shape, part, parameter, alias } of weights) {
      if (parameter === undefined || alias) continue;
      const moments = this.#moments[this.#parameters.indexOf(parameter)];
      if (moments === undefined) {
        throw new Error(`The optimizer has no state for ${name}`);
      }
      const { expAvg, expAvgSq, step } = moments;
      entries.push(
        {
          name: optimizerTensorName("exp_avg", name),
          shape,
          tensor: expAvg,
          part,
        },
        {
          name: optimizerTensorName("exp_avg_sq", name),
          shape,
          tensor: expAvgSq,
          part,
        },
        {
          name: optimizerTensorName("step", name),
          shape: [],
          tensor: step,
          part: (step) => step,
        },
      );
    }
    return entries;
  }

  /** Frees the state. */
  [Symbol.dispose](): void {
    for (const { expAvg, expAvgSq, step } of this.#moments) {
      expAvg.dispose();
      expAvgSq.dispose();
      step.dispose();
    }
    this.lr.dispose();
    this.gradNorm.dispose();
    this.skipped.dispose();
  }
}
