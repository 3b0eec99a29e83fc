/**
 * One optimizer step as work for the device: micro-batches forward and backward, clipping, AdamW.
 * Nothing in it waits for the device, so that on a GPU it can be captured once and replayed.
 *
 * @module
 */

import {
  capture,
  type CudaGraph,
  empty,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from "../../ffi/mod.ts";
import type { GPT } from "../model/gpt.ts";
import type { AdamW } from "../optimizer/adamw.ts";

/** Options of {@linkcode TrainStep}. */
export interface TrainStepOptions {
  /** Sequences computed at once (B). */
  readonly microBatchSize: number;
  /** Tokens of a sequence (T). */
  readonly sequenceLength: number;
  /** Micro-batches in a step (A). */
  readonly accumulationIters: number;
  /** Step of loss-free balancing; 0 is off. */
  readonly biasUpdateRate: number;
  /** Capture the step in a CUDA graph. */
  readonly captured: boolean;
}

/** Steps that run as written before one is captured: libraries set themselves up in them. */
const WARMUP_STEPS = 3;

/** Runs optimizer steps on batches that the caller copies in. */
export class TrainStep {
  /** Mean loss of the micro-batches of the last step, float32 []. */
  readonly loss: Tensor;
  readonly #model: GPT;
  readonly #optimizer: AdamW;
  readonly #options: TrainStepOptions;
  /** [A, B, T + 1] */
  readonly #tokens: Tensor;
  #graph: CudaGraph<void> | undefined;
  #steps = 0;

  /** Reserves the buffers that batches are copied to. */
  constructor(model: GPT, optimizer: AdamW, options: TrainStepOptions) {
    const { accumulationIters, microBatchSize, sequenceLength } = options;
    const { device } = model;
    this.#model = model;
    this.#optimizer = optimizer;
    this.#options = options;
    this.#tokens = keep(
      empty([accumulationIters, microBatchSize, sequenceLength + 1], {
        dtype: "int32",
        device,
      }),
    );
    this.loss = keep(zeros([], { device }));
  }

  /**
   * Runs one step at the given learning rate; returns before the device is done.
   *
   * @param nextBatch Gives the tokens [B, T + 1] of the next micro-batch.
   */
  run(nextBatch: () => Int32Array<ArrayBuffer>, learningRate: number): void {
    scope(() => {
      for (let i = 0; i < this.#options.accumulationIters; i++) {
        this.#tokens.select(0, i).write(nextBatch());
      }
    });
    noGrad(() => this.#optimizer.lr.fill_(learningRate));
    this.#steps++;
    if (!this.#options.captured || this.#steps <= WARMUP_STEPS) {
      this.#compute();
      return;
    }
    this.#graph ??= capture(() => this.#compute());
    this.#graph.replay();
  }

  #compute(): void {
    const { accumulationIters, sequenceLength: T, biasUpdateRate } =
      this.#options;
    const model = this.#model;
    const scale = 1 / accumulationIters;
    this.loss.zero_();
    for (let i = 0; i < accumulationIters; i++) {
      scope(() => {
        const batch = this.#tokens.select(0, i);
        const inputs = batch.narrow(1, 0, T);
        const targets = batch.narrow(1, 1, T).to("int64");
        const loss = model.forwardBackward(inputs, targets, scale);
        noGrad(() => {
          this.loss.add_(loss, scale);
          if (accumulationIters > 1) model.weights.accumulate();
        });
      });
    }
    this.#optimizer.step();
    const biases = model.blocks.map(({ mlp }) => mlp.router?.bias);
    model.statistics.endStep(biases, biasUpdateRate);
  }

  /** Frees the buffers and the graph. */
  [Symbol.dispose](): void {
    this.#graph?.[Symbol.dispose]();
    this.#tokens.dispose();
    this.loss.dispose();
  }
}
