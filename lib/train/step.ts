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
  emptyCache,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from "../../ffi/mod.ts";
import type { GPT } from "../model/gpt.ts";
import type { AdamW } from "../optimizer/adamw.ts";

/** The sizes of a micro-batch. */
export interface BatchShape {
  /** Sequences computed at once (B). */
  readonly microBatchSize: number;
  /** Tokens of a sequence (T). */
  readonly sequenceLength: number;
}

/** Options of {@linkcode TrainStep}. */
export interface TrainStepOptions extends BatchShape {
  /** Micro-batches in a step (A). */
  readonly accumulationIters: number;
  /** Step of loss-free balancing; 0 is off. */
  readonly biasUpdateRate: number;
  /** Capture the step in a CUDA graph. */
  readonly captured: boolean;
  /** Take batches of other shapes too; with `captured`, the first 8 shapes get a graph each. Default: false. */
  readonly dynamic?: boolean;
  /** Throw if a step cannot be captured, instead of running it uncaptured. Default: false. */
  readonly fullgraph?: boolean;
  /** Called with the reason if a step runs uncaptured. */
  readonly onMessage?: (message: string) => void;
}

/** Passes before a capture, in which libraries initialize themselves. They do not change the weights. */
const REHEARSALS = 2;
const MAX_GRAPHS = 8;

/** The buffers and the graph for one shape. */
interface Recording {
  /** Buffer for the batches of a step [A, B, T + 1]. */
  readonly tokens: Tensor;
  /** The captured step; null if steps of this shape run uncaptured, undefined before the first step. */
  graph?: CudaGraph<void> | null;
}

/** Runs optimizer steps on batches that the caller loads. */
export class TrainStep {
  /** Mean loss of the micro-batches of the last step, float32 []. */
  readonly loss: Tensor;
  readonly #model: GPT;
  readonly #optimizer: AdamW;
  readonly #options: TrainStepOptions;
  readonly #recordings = new Map<string, Recording>();
  #loaded: Recording | undefined;

  /** Allocates the loss; the buffers for batches are allocated at the first batch of each shape. */
  constructor(model: GPT, optimizer: AdamW, options: TrainStepOptions) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#options = options;
    this.loss = keep(zeros([], { device: model.device }));
  }

  /**
   * Copies the batches of the next step to the device. On a GPU the copy is queued after the running work.
   *
   * @param nextBatch Returns the tokens [B, T + 1] of the next micro-batch.
   * @throws {RangeError} if the shape is not that of the options and these are not `dynamic`.
   */
  load(
    nextBatch: () => Int32Array<ArrayBuffer>,
    shape: BatchShape = this.#options,
  ): void {
    const recording = this.#recordingFor(shape);
    scope(() => {
      for (let i = 0; i < this.#options.accumulationIters; i++) {
        recording.tokens.select(0, i).write(nextBatch());
      }
    });
    this.#loaded = recording;
  }

  /**
   * Runs one step on the batches loaded last, at the given learning rate; returns before the device is done.
   *
   * @throws {Error} with `fullgraph`, if the step cannot be captured; or if nothing was loaded.
   */
  run(learningRate: number): void {
    const recording = this.#loaded;
    if (recording === undefined) {
      throw new Error("Cannot run a step: no batches were loaded");
    }
    const { tokens } = recording;
    noGrad(() => this.#optimizer.lr.fill_(learningRate));
    if (recording.graph === undefined) recording.graph = this.#record(tokens);
    if (recording.graph === null) this.#compute(tokens);
    else recording.graph.replay();
  }

  #recordingFor(
    { microBatchSize: B, sequenceLength: T }: BatchShape,
  ): Recording {
    const key = `${B} x ${T}`;
    const known = this.#recordings.get(key);
    if (known !== undefined) return known;
    const { microBatchSize, sequenceLength, accumulationIters: A, dynamic } =
      this.#options;
    if (!dynamic && (B !== microBatchSize || T !== sequenceLength)) {
      throw new RangeError(
        `Cannot run a step on batches of ${key} tokens: this one is for ${microBatchSize} x ${sequenceLength}: set optimization.compile_dynamic`,
      );
    }
    const tokens = keep(
      empty([A, B, T + 1], { dtype: "int32", device: this.#model.device }),
    );
    const recording: Recording = { tokens };
    this.#recordings.set(key, recording);
    return recording;
  }

  #record(tokens: Tensor): CudaGraph<void> | null {
    const { captured, fullgraph, onMessage } = this.#options;
    if (!captured) return null;
    const graphs = [...this.#recordings.values()]
      .flatMap(({ graph }) => graph ?? []);
    try {
      if (graphs.length === MAX_GRAPHS) {
        throw new RangeError(
          `there are graphs for ${MAX_GRAPHS} other shapes already`,
        );
      }
      for (let i = 0; i < REHEARSALS; i++) this.#rehearse(tokens);
      // The graph has its own memory pool; the memory of the rehearsals is released.
      emptyCache();
      const [first] = graphs;
      return capture(
        () => this.#compute(tokens),
        first === undefined ? {} : { pool: first },
      );
    } catch (cause) {
      // Discards gradients left by a rehearsal or by the failed capture.
      for (const parameter of this.#model.weights.parameters) {
        parameter.zeroGrad();
      }
      const [A, B, length] = tokens.shape as [number, number, number];
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot capture a step of ${A} x ${B} x ${
        length - 1
      } tokens: ${reason}`;
      if (fullgraph) throw new Error(message, { cause });
      onMessage?.(`${message}: it runs uncaptured`);
      return null;
    }
  }

  #compute(tokens: Tensor): void {
    this.#computeGradients(tokens);
    this.#optimizer.step();
    const model = this.#model;
    const biases = model.blocks.map(({ mlp }) => mlp.router?.bias);
    const { biasUpdateRate } = this.#options;
    const { gradNorm } = this.#optimizer;
    model.statistics.endStep(biases, biasUpdateRate, gradNorm);
  }

  #rehearse(tokens: Tensor): void {
    this.#model.statistics.pausing(() => this.#computeGradients(tokens));
    this.#optimizer.rehearse();
  }

  #computeGradients(tokens: Tensor): void {
    const model = this.#model;
    const [A, , length] = tokens.shape as [number, number, number];
    this.loss.zero_();
    if (A > 1) noGrad(() => model.weights.beginSums());
    for (let i = 0; i < A; i++) {
      scope(() => {
        const batch = tokens.select(0, i);
        const inputs = batch.narrow(1, 0, length - 1);
        const targets = batch.narrow(1, 1, length - 1).to("int64");
        const loss = model.forwardBackward(inputs, targets, 1 / A);
        noGrad(() => {
          this.loss.add_(loss, 1 / A);
          if (A > 1) model.weights.addToSums();
        });
      });
    }
  }

  /** Frees the buffers and the graphs. */
  [Symbol.dispose](): void {
    for (const { tokens, graph } of this.#recordings.values()) {
      graph?.[Symbol.dispose]();
      tokens.dispose();
    }
    this.loss.dispose();
  }
}
