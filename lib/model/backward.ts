/**
 * Two ways through the blocks and back: keeping what they computed, or computing it again.
 *
 * @module
 */

import { backward, noGrad, scope, type Tensor } from "../../ffi/mod.ts";
import type { Block } from "./block.ts";
import type { MlpOutput } from "./mlp.ts";
import type { RopeCache } from "./rope.ts";

/** A pass through the blocks that can be walked back. */
export interface BlocksPass {
  /** [B, T, C] to [B, T, C]. */
  forward(x: Tensor): Tensor;
  /** Adds the gradients of a loss of the result, and of the auxiliary losses, times a scalar. */
  backward(loss: Tensor, scale: Tensor): void;
}

/** Autograd keeps what each block computed. */
export class PlainBlocks implements BlocksPass {
  readonly #blocks: readonly Block[];
  readonly #rope: RopeCache;
  readonly #auxiliary: Tensor[] = [];

  /** A pass for inputs at the positions of `rope`. */
  constructor(blocks: readonly Block[], rope: RopeCache) {
    this.#blocks = blocks;
    this.#rope = rope;
  }

  forward(x: Tensor): Tensor {
    for (const block of this.#blocks) {
      // Of a block's tensors only those survive that it returns or that autograd saved.
      const output = scope(() => block.forward(x, { rope: this.#rope }));
      if (output.auxiliaryLoss !== null) {
        this.#auxiliary.push(output.auxiliaryLoss);
      }
      x = output.y;
    }
    return x;
  }

  backward(loss: Tensor, scale: Tensor): void {
    const losses = [loss, ...this.#auxiliary];
    backward(losses, { gradients: losses.map(() => scale) });
  }
}

/**
 * Each block keeps its input and its routing; backward computes the rest again, one block at a time
 * (Chen et al. 2016). The routing is kept because a choice computed again could fall differently.
 */
export class CheckpointedBlocks implements BlocksPass {
  readonly #blocks: readonly Block[];
  readonly #rope: RopeCache;
  readonly #inputs: Tensor[] = [];
  readonly #outputs: MlpOutput[] = [];
  #embedded: Tensor | undefined;
  #result: Tensor | undefined;

  /** A pass for inputs at the positions of `rope`. */
  constructor(blocks: readonly Block[], rope: RopeCache) {
    this.#blocks = blocks;
    this.#rope = rope;
  }

  forward(x: Tensor): Tensor {
    this.#embedded = x;
    x = x.detach();
    for (const block of this.#blocks) {
      this.#inputs.push(x);
      const output = noGrad(() =>
        scope(() => block.forward(x, { rope: this.#rope }))
      );
      this.#outputs.push(output);
      x = output.y;
    }
    this.#result = x.detach();
    this.#result.requiresGrad = true;
    return this.#result;
  }

  backward(loss: Tensor, scale: Tensor): void {
    backward(loss, { gradients: [scale] });
    let gradient = taken(this.#result);
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      gradient = this.#backwardBlock(i, gradient, scale);
    }
    backward(this.#embedded!, { gradients: [gradient] });
  }

  #backwardBlock(index: number, gradient: Tensor, scale: Tensor): Tensor {
    const input = this.#inputs[index]!;
    const { routing } = this.#outputs[index]!;
    return scope(() => {
      const x = input.detach();
      x.requiresGrad = true;
      const { y, auxiliaryLoss } = this.#blocks[index]!.forward(
        x,
        routing === null ? { rope: this.#rope } : { rope: this.#rope, routing },
      );
      const losses = auxiliaryLoss === null ? [y] : [y, auxiliaryLoss];
      backward(losses, {
        gradients: [gradient, scale].slice(0, losses.length),
      });
      return taken(x);
    });
  }
}

/** The gradient that backward left in a leaf. */
function taken(leaf: Tensor | undefined): Tensor {
  const gradient = leaf?.grad ?? null;
  if (gradient === null) throw new Error("A block got no gradient");
  return gradient;
}
