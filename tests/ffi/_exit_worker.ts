/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** Multiplies matrices for ever. */
import { ones, scope } from "../../ffi/mod.ts";

const x = ones([512, 512]);
x.matmul(x).dispose();
self.postMessage("started");
for (;;) scope(() => x.matmul(x).add(1).softmax(-1));
