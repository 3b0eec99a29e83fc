/**
 * Random numbers that are the same on every machine and in every version.
 *
 * @module
 */

/**
 * xoshiro128** of Blackman and Vigna, seeded by splitmix32. Its 128-bit state is
 * derived from a list of integers, so that every purpose and epoch can have its
 * own stream.
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
   * @param seeds Integers; different lists give different streams.
   */
  constructor(...seeds: number[]) {
    let mixed = 0;
    for (const seed of seeds) {
      // For seeds of more than 32 bits, both halves are mixed in.
      mixed = splitmix32(mixed ^ (seed >>> 0));
      mixed = splitmix32(mixed ^ (Math.floor(seed / 2 ** 32) >>> 0));
    }
    this.#a = splitmix32(mixed + 1);
    this.#b = splitmix32(mixed + 2);
    this.#c = splitmix32(mixed + 3);
    // From a state of four zeros the generator would produce only zeros.
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
 * @param length Number of elements.
 * @param random Source of randomness.
 * @returns The integers from 0 to `length - 1` in random order.
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
