/**
 * AdamW (Loshchilov and Hutter 2019) with clipping by the global norm. A step runs entirely on the device: no
 * value is copied to the host.
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
  /** Fraction of each weight, times the learning rate, that a step subtracts. Default: 0.01. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this global norm; null disables clipping. Default: null. */
  readonly maxNorm?: number | null;
  /** The operators to compute with. Default: the fused operators. */
  readonly operators?: OperatorTable;
}

/** The state of one parameter. */
interface Moments {
  readonly expAvg: Tensor;
  readonly expAvgSq: Tensor;
  /** Number of updates, float32 []. */
  readonly step: Tensor;
}

/** Parameters that are updated by one call of the operator. */
interface Group {
  /** Whether layers compute with copies of the parameters, which the update then writes too. */
  readonly copied: boolean;
  readonly parameters: Parameter[];
  readonly grads: Tensor[];
  readonly moments: Moments[];
}

/**
 * The optimizer. A step whose gradients are not finite changes neither weights nor state, and is counted in
 * `skipped`.
 */
export class AdamW {
  readonly #parameters: readonly Parameter[];
  readonly #moments: readonly Moments[];
  readonly #options: Required<AdamWOptions>;
  /** Learning rate of the next step, float32 []; a tensor on the device, so that captured steps read it. */
  readonly lr: Tensor;
  /** Norm of all gradients together in the last step, before clipping, float32 []. */
  readonly gradNorm: Tensor;
  /** Number of steps skipped because of gradients that are not finite, float32 []. */
  readonly skipped: Tensor;

  /** Creates the state, initialised to zero. */
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

  /** Updates the weights from their gradients and drops the gradients. */
  step(): void {
    this.#run({ isRehearsal: false });
  }

  /**
   * Runs the computation of a step and drops the gradients, but changes neither weights nor state. Libraries must
   * have run once before a step is captured in a CUDA graph.
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

  /** The parameters with a copy in the dtype of matrix products, and those without. */
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
   * The state under its names in a checkpoint: `exp_avg.NAME`, `exp_avg_sq.NAME` and `step.NAME` for each
   * weight, divided into parts like the weights.
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
