/**
 * Byte pair encoding by ranks: the adjacent pair whose joint token has the lowest
 * rank is joined first.
 *
 * @module
 */

/** A token by its bytes, each written as the character of that number. */
export type Ranks = ReadonlyMap<string, number>;

/** Ranks are below 2^20, so that rank and position fit into one exact number. */
const PLACES = 2 ** 32;

/**
 * Encodes a word.
 *
 * @param bytes The word, written as the ranks' keys are.
 * @param ranks All tokens; every byte is one.
 * @param below Only tokens of a lower rank are joined to. Default: all.
 * @returns Where the tokens of the word end, in order.
 */
export function joinPairs(
  bytes: string,
  ranks: Ranks,
  below = Infinity,
): number[] {
  const { length } = bytes;
  // A part is identified by its start index; the `end` of a part is the start of the next.
  const end = Int32Array.from({ length }, (_, place) => place + 1);
  const previous = Int32Array.from({ length }, (_, place) => place - 1);
  const rankAt = new Int32Array(length).fill(-1);
  const heap: number[] = [];
  const rate = (place: number) => {
    const next = end[place]!;
    const joint = next < length
      ? ranks.get(bytes.slice(place, end[next]))
      : undefined;
    rankAt[place] = joint === undefined || joint >= below ? -1 : joint;
    if (rankAt[place] !== -1) push(heap, rankAt[place]! * PLACES + place);
  };
  for (let place = 0; place < length; place++) rate(place);
  for (let top = pop(heap); top !== undefined; top = pop(heap)) {
    const place = top % PLACES;
    // Skips outdated entries: a pair that has changed was queued again.
    if (rankAt[place] !== (top - place) / PLACES) continue;
    const joined = end[place]!;
    end[place] = end[joined]!;
    rankAt[joined] = -1;
    if (end[place]! < length) previous[end[place]!] = place;
    rate(place);
    if (previous[place]! >= 0) rate(previous[place]!);
  }
  const ends: number[] = [];
  for (let place = 0; place < length; place = end[place]!) {
    ends.push(end[place]!);
  }
  return ends;
}

function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number | undefined {
  const top = heap[0];
  const value = heap.pop();
  if (value === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
  return top;
}
