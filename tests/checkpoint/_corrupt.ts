/** Damage to files, by seed. */

/** Flips bits, cuts or extends: always something else than `original`. */
export function corrupt(
  original: Uint8Array<ArrayBuffer>,
  random: (limit: number) => number,
): Uint8Array<ArrayBuffer> {
  const kind = random(3);
  if (kind === 0) {
    const bytes = original.slice();
    const at = random(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random(255));
    return bytes;
  }
  if (kind === 1) return original.slice(0, random(original.length));
  const bytes = new Uint8Array(original.length + 1 + random(40));
  bytes.set(original);
  return bytes;
}

/** Seeded whole numbers below a limit (mulberry32). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}
