/**
 * `deno run -A tests/bench/kernels.ts [words]`: the time of each CUDA kernel of our own against the least
 * that its bytes and operations allow, at the sizes of one micro-batch of the 549M-parameter model:
 * 8 x 2048 tokens, 768 wide, 8 experts of 2048, 2 a token, 50,304 words. With words, only what is named so.
 */

import {
  capture,
  cudaDeviceInfo,
  emptyCache,
  noGrad,
  randn,
  scope,
  synchronize,
} from "../../ffi/mod.ts";
import { type KernelCase, kernelCases } from "./kernel_cases.ts";

const DEVICE = "cuda";
const SIZES = {
  sequences: 8,
  length: 2048,
  channels: 768,
  heads: 12,
  groups: 4,
  headSize: 64,
  experts: 8,
  chosen: 2,
  inner: 2048,
  vocabulary: 50_304,
  layers: 12,
};

/** Measured on an H100: a device-to-device copy, and a large product of bfloat16 matrices. */
const BYTES_PER_SECOND = 3.0e12;
const FLOPS_PER_SECOND = 800e12;

const COPY: KernelCase = {
  name: "copy of 256 MiB",
  bytes: 2 ** 29,
  prepare: () => {
    const [from, to] = [0, 1].map(() => randn([2 ** 26], { device: DEVICE }));
    return () => to!.copy_(from!);
  },
};

/** Median milliseconds of one run, from a CUDA graph of several runs on different inputs. */
function measure({ prepare, bytes }: KernelCase): number {
  const sets = bytes > 0 && bytes < 4e8 ? 6 : 1;
  const repeats = Math.max(sets, bytes < 4e8 ? 24 : 2);
  const works = Array.from({ length: sets }, prepare);
  for (const work of works) scope(work);
  synchronize(DEVICE);
  using graph = capture(() => {
    for (let i = 0; i < repeats; i++) scope(works[i % sets]!);
  });
  graph.replay();
  synchronize(DEVICE);
  const times = Array.from({ length: 9 }, () => {
    const startMs = performance.now();
    graph.replay();
    synchronize(DEVICE);
    return (performance.now() - startMs) / repeats;
  });
  return times.sort((a, b) => a - b)[4]!;
}

/** The minimum time that the bytes and operations allow. */
function floorMs({ name, bytes, flops = 0 }: KernelCase): number {
  const byBytes = bytes / BYTES_PER_SECOND * 1000;
  const byFlops = flops / FLOPS_PER_SECOND * 1000;
  // A loss reads and writes logits between products: its floor is the sum.
  return name.startsWith("linear_cross")
    ? byBytes + byFlops
    : Math.max(byBytes, byFlops);
}

function main(words: readonly string[]): void {
  const { name } = cudaDeviceInfo();
  console.log(`${name}, ${new Date().toISOString().slice(0, 10)}\n`);
  console.log("| kernel | ms | floor ms | share |");
  console.log("| --- | --- | --- | --- |");
  for (const each of [COPY, ...kernelCases(SIZES, DEVICE)]) {
    if (words.length > 0 && !words.some((word) => each.name.includes(word))) {
      continue;
    }
    const ms = noGrad(() => scope(() => measure(each)));
    emptyCache();
    const floor = floorMs(each);
    const cells = [each.name, ms.toFixed(4), floor.toFixed(4)];
    console.log(`| ${cells.join(" | ")} | ${(floor / ms).toFixed(2)} |`);
  }
}

if (import.meta.main) main(Deno.args);
