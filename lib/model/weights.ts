/**
 * The weights of a model: tensors that are trained, under the names and in the order of LitGPT's
 * checkpoints.
 *
 * A tensor may hold several of LitGPT's: the experts of a layer are stacked in one, so that one grouped
 * matrix product computes them all. A {@linkcode NamedWeight} maps a name to a part of a tensor.
 *
 * @module
 */

import {
  aten,
  type Device,
  type DType,
  empty,
  keep,
  noGrad,
  scope,
  type Tensor,
} from "../../ffi/mod.ts";
import type { OperatorTable } from "../operators/mod.ts";
import { Linear } from "./linear.ts";
import { Parameter } from "./parameter.ts";
import type { Dtypes } from "./precision.ts";

/** How a weight is initialised. */
export type Initializer =
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "constant"; readonly value: number };

/** All zeros. */
export const ZEROS: Initializer = { kind: "constant", value: 0 };
const ONES: Initializer = { kind: "constant", value: 1 };

/** Draws from a normal distribution around 0. */
export function normal(std: number): Initializer {
  return { kind: "normal", std };
}

/** One entry of a checkpoint. */
export interface NamedWeight {
  /** LitGPT's name, such as `"transformer.h.0.mlp.experts.3.fc_1.weight"`. */
  readonly name: string;
  /** Sizes under that name. */
  readonly shape: readonly number[];
  /** The tensor that contains it. */
  readonly tensor: Tensor;
  /** The parameter it belongs to, or undefined for a buffer, which is saved but not trained. */
  readonly parameter: Parameter | undefined;
  /** Selects this weight's part of a tensor shaped like `tensor`: of the weights or of their optimizer state. */
  readonly part: (whole: Tensor) => Tensor;
  /** How it is initialised. */
  readonly initializer: Initializer;
  /** Whether it shares the values of an earlier entry, as tied embeddings do. */
  readonly alias: boolean;
}

const whole = (tensor: Tensor): Tensor => tensor;

/** Device, dtypes and operators of weights. */
export interface WeightOptions {
  /** The device that holds them. */
  readonly device: Device;
  /** The dtypes of weights (buffers are always float32) and of matrix products. */
  readonly dtypes: Dtypes;
  /** The operators that layers with these weights compute with. */
  readonly operators: OperatorTable;
}

/** Options of linear layers. */
export interface LinearOptions {
  /** Width of the input. */
  readonly in: number;
  /** Width of each layer's result. */
  readonly out: number;
  /** Whether the layer has a bias. */
  readonly bias: boolean;
  /** Standard deviation of the initial weights. */
  readonly std: number;
  /** Whether another layer reads the weight too, in the dtype of weights. Default: false. */
  readonly shared?: boolean;
}

/**
 * Creates and collects the weights of a model. The order of creation is the order of checkpoints and of
 * the random draws.
 */
export class Weights {
  /** Entries of a checkpoint, in LitGPT's order. */
  readonly named: NamedWeight[] = [];
  /** The parameters that the optimizer updates. */
  readonly parameters: Parameter[] = [];
  readonly #options: WeightOptions;

  /** Creates an empty collection. */
  constructor(options: WeightOptions) {
    this.#options = options;
  }

  /** Creates a trained tensor with one name, which layers read in the dtype of weights. */
  parameter(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
  ): Tensor {
    const parameter = this.#create(name, shape, this.#options.dtypes.weights);
    this.part(parameter, name, whole, initializer);
    return parameter.tensor;
  }

  /** Creates a trained tensor of stacked matrices or biases, whose parts are then named with `part`. */
  stacked(name: string, shape: readonly number[]): Parameter {
    return this.#create(name, shape, this.#options.dtypes.compute);
  }

  #create(name: string, shape: readonly number[], compute: DType): Parameter {
    const { device, dtypes } = this.#options;
    const tensor = keep(empty(shape, { device, dtype: dtypes.weights }));
    const parameter = new Parameter(name, tensor, compute);
    this.parameters.push(parameter);
    return parameter;
  }

  /** Names a part of a stacked tensor. */
  part(
    parameter: Parameter,
    name: string,
    part: (whole: Tensor) => Tensor,
    initializer: Initializer,
  ): void {
    const { tensor } = parameter;
    const shape = scope(() => part(tensor).shape);
    this.named.push({
      name,
      shape,
      tensor,
      parameter,
      part,
      initializer,
      alias: false,
    });
  }

  /** Creates a tensor that is saved but not trained; float32 in every precision. */
  buffer(name: string, shape: readonly number[]): Tensor {
    const { device } = this.#options;
    const tensor = keep(empty(shape, { device }));
    this.named.push({
      name,
      shape,
      tensor,
      parameter: undefined,
      part: whole,
      initializer: ZEROS,
      alias: false,
    });
    return tensor;
  }

  /** Adds another name for a whole tensor. `initialize` draws for it too and discards the draw, as LitGPT does. */
  alias(name: string, tensor: Tensor, initializer: Initializer): Tensor {
    this.named.push({
      name,
      shape: tensor.shape,
      tensor,
      parameter: this.parameters.find((each) => each.tensor === tensor),
      part: whole,
      initializer,
      alias: true,
    });
    return tensor;
  }

  /** Creates a norm. Its weight starts at one. */
  norm(name: string, size: number): Tensor {
    return this.parameter(`${name}.weight`, [size], ONES);
  }

  /** Creates a linear layer `[out, in]`. Its bias starts at zero. */
  linear(name: string, options: LinearOptions): Linear {
    return this.linears(name, [name], options);
  }

  /** Creates linear layers `[out, in]` with a common input as one, in the order of their names. */
  linears(
    name: string,
    layers: readonly string[],
    { std, out, ...options }: LinearOptions,
  ): Linear {
    const { dtypes, operators } = this.#options;
    const dtype = options.shared ? dtypes.weights : dtypes.compute;
    const rows = out * layers.length;
    const weight = this.#create(`${name}.weight`, [rows, options.in], dtype);
    const bias = options.bias ? this.stacked(`${name}.bias`, [rows]) : null;
    for (const [i, layer] of layers.entries()) {
      const part = (whole: Tensor) => whole.narrow(0, i * out, out);
      this.part(weight, `${layer}.weight`, part, normal(std));
      if (bias !== null) this.part(bias, `${layer}.bias`, part, ZEROS);
    }
    return new Linear(weight, bias, operators);
  }

  /**
   * Initialises all weights with the device's generator, in the order of LitGPT's pretraining: the same
   * seed gives the same weights, on a CPU bit for bit.
   */
  initialize(): void {
    noGrad(() =>
      scope(() => {
        for (const { part, tensor, initializer, alias } of this.named) {
          const target = alias ? aten("empty_like", tensor) : part(tensor);
          if (initializer.kind === "normal") target.normal_(0, initializer.std);
          else target.fill_(initializer.value);
        }
      })
    );
  }

  /** Updates the copies of weights that were written to. */
  refresh(): void {
    for (const parameter of this.parameters) parameter.refresh();
  }

  /** Begins a step of several micro-batches: see {@linkcode Parameter.beginSum}. */
  beginSums(): void {
    for (const parameter of this.parameters) parameter.beginSum();
  }

  /** Ends a micro-batch of such a step. */
  addToSums(): void {
    for (const parameter of this.parameters) parameter.addToSum();
  }

  /** Frees all tensors. */
  [Symbol.dispose](): void {
    for (const parameter of this.parameters) parameter[Symbol.dispose]();
    for (const { tensor } of this.named) tensor.dispose();
  }
}
