/**
 * Loads the kernels of a fresh process and prints how many files it had to compile and how long that
 * took. With "capture" they are first used inside a recording, which must fail.
 */

import { call, capture, randn, synchronize } from "../../ffi/mod.ts";

const fc = randn([4, 16], { device: "cuda" });
synchronize("cuda");
if (Deno.args[0] === "capture") {
  try {
    capture(() => call("moebius::swiglu_forward", [fc]));
    console.log("it was recorded");
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
  }
} else {
  const startMs = performance.now();
  const compiled = call("moebius::warm_up", ["cuda"]);
  const elapsedMs = Math.round(performance.now() - startMs);
  console.log(JSON.stringify({ compiled, elapsedMs }));
}
