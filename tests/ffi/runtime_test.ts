import { strict as assert } from "node:assert";
import {
  buildInfo,
  getNumThreads,
  setFloat32MatmulPrecision,
  setNumThreads,
} from "../../ffi/mod.ts";
import { ABI_VERSION } from "../../ffi/symbols.ts";
import { assertTorchError, child } from "./_helpers.ts";

Deno.test("buildInfo() tells the versions of what is loaded", () => {
  const info = buildInfo();
  assert.equal(info.abi, ABI_VERSION);
  assert.match(info.torch, /^\d+\.\d+\.\d+/);
  assert.match(info.compiler, /\d+\.\d+/);
  assert.ok(info.cuda === null || /^\d+\.\d+$/.test(info.cuda));
  assert.ok(info.cudnn === null || /^\d+\.\d+\.\d+$/.test(info.cudnn));
  if (info.cuda === null) assert.equal(info.cudnn, null);
});

Deno.test("setNumThreads() sets how many threads operators use", () => {
  const before = getNumThreads();
  assert.ok(before >= 1);
  try {
    setNumThreads(1);
    assert.equal(getNumThreads(), 1);
    assertTorchError(
      () => setNumThreads(0),
      "invalid argument",
      /at least 1, got 0/,
    );
    assert.equal(getNumThreads(), 1);
  } finally {
    setNumThreads(before);
  }
  assert.equal(getNumThreads(), before);
});

Deno.test("setFloat32MatmulPrecision() takes PyTorch's words", () => {
  setFloat32MatmulPrecision("high");
  setFloat32MatmulPrecision("highest");
  assert.throws(
    () => setFloat32MatmulPrecision("medium" as "high"),
    { name: "TypeError", message: /"medium": expected "highest" or "high"/ },
  );
});

const decoder = new TextDecoder();

Deno.test("InterruptWatch counts the signals of its own time, until it is disposed once or twice", async () => {
  const { success, stdout, stderr } = await child("./_interrupt_child.ts", {
    args: ["count"],
  }).output();
  assert.ok(success, decoder.decode(stderr));
  assert.equal(decoder.decode(stdout), "0 1 | 1 0 | 2 1 | 3\n");
});

Deno.test("InterruptWatch stops a loop of operators that never yields, and the process goes on", async () => {
  const { success, stdout, stderr } = await child("./_interrupt_child.ts", {
    args: ["loop"],
  }).output();
  assert.ok(success, decoder.decode(stderr));
  assert.equal(decoder.decode(stdout), "stopped by 1 signal, sum is 4\n");
});

Deno.test("SIGINT ends the process again once the last InterruptWatch is gone", async () => {
  const { signal, stdout } = await child("./_interrupt_child.ts", {
    args: ["default"],
  }).output();
  assert.equal(decoder.decode(stdout), "watched 1\n");
  assert.equal(signal, "SIGINT");
});

for (const order of ["older", "newer"]) {
  Deno.test(`InterruptWatch leaves the signal to a listener of Deno's that is ${order} than itself`, async () => {
    const { success, stdout, stderr } = await child("./_interrupt_child.ts", {
      args: [`${order} listener`],
    }).output();
    assert.ok(success, decoder.decode(stderr));
    assert.equal(
      decoder.decode(stdout),
      "watched 1, heard 1, then heard 3, watched 1\n",
    );
  });
}
