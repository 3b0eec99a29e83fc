/** What the benchmark of kernels times. */

import { kernelCases } from "../bench/kernel_cases.ts";
import { check, DEVICE, kernelTest } from "./_check.ts";

const SMALL = {
  sequences: 2,
  length: 16,
  channels: 64,
  heads: 4,
  groups: 2,
  headSize: 16,
  experts: 4,
  chosen: 2,
  inner: 64,
  vocabulary: 128,
  layers: 1,
};

for (const { name, prepare } of kernelCases(SMALL, DEVICE)) {
  kernelTest(`the benchmark runs: ${name.trim()}`, () => {
    check(() => prepare()());
  });
}
