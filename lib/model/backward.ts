/**
 * Two ways to run forward and backward through the blocks: keeping the activations, or recomputing them.
 *
 * @module
 */

import { backward, noGrad, scope, type Tensor } from "../../ffi/mod.ts";
import type { RopeCache } from "../operators/mod.ts";
import type { Block } from "./block.ts";
import { type Residual, total } from "./residual.ts";

/** A forward pass through the blocks and its backward pass. */
export interface BlocksPass {
  /** Embeddings [B, T, C] to the residual stream after the last block. */
  forward(x: Tensor): Residual;
  /**
   * Adds `scale`, float32 [], times the gradients of `loss`, a function of the result, and of the auxiliary losses
   * to the parameters' gradients.
   */
  backward(loss: Tensor, scale: Tensor): void;
}

/** Autograd keeps what each block computed. */
export class PlainBlocks implements BlocksPass {
  readonly #blocks: readonly Block[];
  readonly #rope: RopeCache;
  readonly #auxiliary: Tensor[] = [];

  /** Creates a pass for inputs at the positions of `rope`. */
  constructor(blocks: readonly Block[], rope: RopeCache) {
    this.#blocks = blocks;
    this.#rope = rope;
  }

  forward(embedded: Tensor): Residual {
    let x: Residual = { sum: embedded, pending: null };
    for (const block of this.#blocks) {
      // Of a block's tensors, only its results and those that autograd saved stay alive.
      const output = scope(() => block.forward(x, { rope: this.#rope }));
      if (output.auxiliaryLoss !== null) {
        this.#auxiliary.push(output.auxiliaryLoss);
      }
      x = output.x;
    }
    return x;
  }

  backward(loss: Tensor, scale: Tensor): void {
    const losses = [loss, ...this.#auxiliary];
    backward(losses, { gradients: losses.map(() => scale) });
  }
}

/**
 * Each block keeps its input and its routing; backward recomputes the rest, one block at a time
 * (Chen et al. 2016). The routing is kept because choosing the experts again could give another choice.
 */
export class CheckpointedBlocks implements BlocksPass {
  readonly #blocks: readonly Block[];
  readonly #rope: RopeCache;
  readonly #inputs: Tensor[] = [];
  readonly #routings: (Tensor | null)[] = [];
  #embedded: Tensor | undefined;
  #result: Tensor | undefined;

  /** Creates a pass for inputs at the positions of `rope`. */
  constructor(blocks: readonly Block[], rope: RopeCache) {
    this.#blocks = blocks;
    this.#rope = rope;
  }

  forward(embedded: Tensor): Residual {
    this.#embedded = embedded;
    let x = embedded.detach();
    for (const block of this.#blocks) {
      this.#inputs.push(x);
      const [routing, sum] = noGrad(() =>
        scope(() => {
          const input = { sum: x, pending: null };
          const output = block.forward(input, { rope: this.#rope });
          return [output.routing, total(output.x)] as const;
        })
      );
      this.#routings.push(routing);
      x = sum;
    }
    this.#result = x.detach();
    this.#result.requiresGrad = true;
    return { sum: this.#result, pending: null };
  }

  backward(loss: Tensor, scale: Tensor): void {
    if (this.#embedded === undefined) {
      throw new TypeError("Cannot run backward before forward");
    }
    backward(loss, { gradients: [scale] });
    let gradient = gradientOf(this.#result);
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      gradient = this.#backwardBlock(i, gradient, scale);
    }
    backward(this.#embedded, { gradients: [gradient] });
  }

  #backwardBlock(index: number, gradient: Tensor, scale: Tensor): Tensor {
    const input = this.#inputs[index]!;
    const routing = this.#routings[index]!;
    return scope(() => {
      const leaf = input.detach();
      leaf.requiresGrad = true;
      const { x, auxiliaryLoss } = this.#blocks[index]!.forward(
        { sum: leaf, pending: null },
        routing === null ? { rope: this.#rope } : { rope: this.#rope, routing },
      );
      const y = total(x);
      const losses = auxiliaryLoss === null ? [y] : [y, auxiliaryLoss];
      backward(losses, {
        gradients: [gradient, scale].slice(0, losses.length),
      });
      return gradientOf(leaf);
    });
  }
}

/** The gradient that backward accumulated in a leaf. */
function gradientOf(leaf: Tensor | undefined): Tensor {
  const gradient = leaf?.grad ?? null;
  if (gradient === null) throw new Error("A block got no gradient");
  return gradient;
}
