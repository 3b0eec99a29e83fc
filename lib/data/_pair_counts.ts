/**
 * Counts pairs of tokens.
 *
 * @module
 */

/** Tokens in an array. */
export type Tokens = Int32Array | Uint16Array | Uint32Array;

/** A hash table with open addressing, from pairs of tokens to their counts. */
export class PairCounts {
  readonly #vocabSize: number;
  #keys = new Float64Array(1 << 12).fill(-1);
  #counts = new Uint32Array(1 << 12);
  #size = 0;

  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
  }

  add(previous: number, next: number): void {
    const key = previous * this.#vocabSize + next;
    const slot = this.#slot(key);
    this.#counts[slot]!++;
    if (this.#keys[slot] === key) return;
    this.#keys[slot] = key;
    if (++this.#size * 2 > this.#keys.length) this.#grow();
  }

  count(previous: number, next: number): number {
    return this.#counts[this.#slot(previous * this.#vocabSize + next)]!;
  }

  forEach(
    visit: (previous: number, next: number, count: number) => void,
  ): void {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot]!;
      if (key < 0) continue;
      const next = key % this.#vocabSize;
      visit((key - next) / this.#vocabSize, next, this.#counts[slot]!);
    }
  }

  /** The slot of a key, or the empty slot in which to store it. */
  #slot(key: number): number {
    const mask = this.#keys.length - 1;
    let hash = Math.imul(key >>> 0, 0x9e3779b1) ^
      Math.imul((key / 2 ** 32) >>> 0, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (this.#keys[slot] !== key && this.#keys[slot] !== -1) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const counts = this.#counts;
    this.#keys = new Float64Array(keys.length * 2).fill(-1);
    this.#counts = new Uint32Array(counts.length * 2);
    for (let from = 0; from < keys.length; from++) {
      const key = keys[from]!;
      if (key < 0) continue;
      const slot = this.#slot(key);
      this.#keys[slot] = key;
      this.#counts[slot] = counts[from]!;
    }
  }
}
