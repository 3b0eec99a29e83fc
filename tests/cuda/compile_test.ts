/** nvcc takes every kernel, without a warning, for the architectures it is for. */

import { strict as assert } from "node:assert";

const KERNELS = new URL("../../shim/kernels/", import.meta.url).pathname;
/** Turing, Ampere, and Hopper with its own instructions. */
const ARCHITECTURES = ["sm_75", "sm_80", "sm_90a"];

function hasNvcc(): boolean {
  try {
    return new Deno.Command("nvcc", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}

const files = [...Deno.readDirSync(KERNELS)].map(({ name }) => name)
  .filter((name) => name.endsWith(".cu")).sort();

for (const file of files) {
  const onlyHopper = file === "grouped_wgmma.cu";
  Deno.test({
    name: `nvcc compiles ${file}`,
    ignore: !hasNvcc(),
    fn: async () => {
      const results = await Promise.all(
        (onlyHopper ? ["sm_90a"] : ARCHITECTURES).map((architecture) =>
          new Deno.Command("nvcc", {
            args: [
              ...["-cubin", `-arch=${architecture}`, "-std=c++17"],
              ...["-Werror", "all-warnings", "-o", "/dev/null"],
              KERNELS + file,
            ],
          }).output()
        ),
      );
      for (const { success, stderr } of results) {
        assert.ok(success, new TextDecoder().decode(stderr));
      }
    },
  });
}
