/**
 * The weights of a model: tensors that are trained, under the names and in the order of LitGPT's
 * checkpoints.
 *
 * A tensor may hold several of LitGPT's: the experts of a layer lie in one, so that one grouped matrix
 * product serves them all. A {@linkcode NamedWeight} says which part of which tensor a name is.
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

/** How a weight starts. */
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
  /** The tensor that it is, or is a part of. */
  readonly tensor: Tensor;
  /** The parameter it belongs to, or undefined for a buffer, which is saved but not trained. */
  readonly parameter: Parameter | undefined;
  /** Takes its part out of a tensor of the shape of `tensor`: of the weights, or of the optimizer's state of them. */
  readonly part: (whole: Tensor) => Tensor;
  /** How it starts. */
  readonly initializer: Initializer;
  /** Whether it has the values of an entry before it, as tied embeddings do. */
  readonly alias: boolean;
}

const whole = (tensor: Tensor): Tensor => tensor;

/** Where and as what weights are created. */
export interface WeightOptions {
  /** Where they are. */
  readonly device: Device;
  /** The dtypes that weights (but not buffers) are kept in and that matrices are multiplied in. */
  readonly dtypes: Dtypes;
  /** What layers made of them compute with. */
  readonly operators: OperatorTable;
}

/** What linear layers are made of. */
export interface LinearOptions {
  /** Width of the input. */
  readonly in: number;
  /** Width of each layer's result. */
  readonly out: number;
  /** Whether something is added. */
  readonly bias: boolean;
  /** Standard deviation of the weights at the start. */
  readonly std: number;
  /** Whether another layer reads the weight too, in the dtype that it is kept in. Default: false. */
  readonly shared?: boolean;
}

/**
 * Creates and collects the weights of a model. The order of creation is the order of checkpoints and of
 * the random draws.
 */
export class Weights {
  /** Entries of a checkpoint, in LitGPT's order. */
  readonly named: NamedWeight[] = [];
  /** What the optimizer updates. */
  readonly parameters: Parameter[] = [];
  readonly #options: WeightOptions;

  /** An empty collection. */
  constructor(options: WeightOptions) {
    this.#options = options;
  }

  /** A trained tensor with one name, computed with as it is kept. */
  parameter(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
  ): Tensor {
    const parameter = this.#create(name, shape, this.#options.dtypes.weights);
    this.part(parameter, name, whole, initializer);
    return parameter.tensor;
  }

  /** A trained tensor of matrices or their biases, whose parts will have names of their own. */
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

  /** A tensor that is saved but not trained. float32 in every precision. */
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

  /** Another name for a whole tensor, with a draw of its own that is thrown away, as LitGPT does. */
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

  /** A norm's weight, all ones. */
  norm(name: string, size: number): Tensor {
    return this.parameter(`${name}.weight`, [size], ONES);
  }

  /** A linear layer `[out, in]`. Its bias starts at zero. */
  linear(name: string, options: LinearOptions): Linear {
    return this.linears(name, [name], options);
  }

  /** Linear layers `[out, in]` of one input as one, in the order of their names. */
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
   * Draws all weights anew with the device's generator, in the order of LitGPT's pretraining: the same
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

  /** Brings copies in the dtype of computation up to date with weights that were written to. */
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
