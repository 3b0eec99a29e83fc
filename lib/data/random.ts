/**
 * Random numbers that are the same on every machine and in every version.
 *
 * @module
 */

/**
 * xoshiro128** of Blackman and Vigna, seeded by splitmix32. Its 128 bits of
 * state come from a list of integers, so that every purpose and epoch has a
 * stream of its own.
 *
 * @example
 * ```ts
 * import { Random } from "./random.ts";
 *
 * const random = new Random(42, 0);
 * random.below(6); // 0 to 5
 * ```
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /**
   * Starts a stream.
   *
   * @param seeds Integers; each list of them gives another stream.
   */
  constructor(...seeds: number[]) {
    let mixed = 0;
    for (const seed of seeds) {
      // Both halves of a seed beyond 32 bits count.
      mixed = splitmix32(mixed ^ (seed >>> 0));
      mixed = splitmix32(mixed ^ (Math.floor(seed / 2 ** 32) >>> 0));
    }
    this.#a = splitmix32(mixed + 1);
    this.#b = splitmix32(mixed + 2);
    this.#c = splitmix32(mixed + 3);
    // A state of four zeros would give nothing but zeros.
    this.#d = splitmix32(mixed + 4) || 1;
  }

  /**
   * Draws 32 bits.
   *
   * @returns The next integer from 0 to 2^32 - 1.
   */
  uint32(): number {
    const b = this.#b;
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /**
   * Draws an integer below a limit.
   *
   * @param limit At most 2^32.
   * @returns An integer from 0 to `limit - 1`; the bias is below `limit / 2^32`.
   */
  below(limit: number): number {
    return Math.floor(this.uint32() * (limit / 2 ** 32));
  }
}

/**
 * A random order by Fisher and Yates.
 *
 * @param length How many.
 * @param random Where the randomness comes from.
 * @returns Each of 0 to `length - 1`, once.
 */
export function permutation(length: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let index = length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    const value = order[index]!;
    order[index] = order[other]!;
    order[other] = value;
  }
  return order;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function splitmix32(state: number): number {
  let word = (state + 0x9e3779b9) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return (word ^ (word >>> 15)) >>> 0;
}
