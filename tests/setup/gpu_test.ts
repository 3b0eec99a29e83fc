import { strict as assert } from "node:assert";
import { describe, isClean, readOutput } from "../cuda/sanitize.ts";
import { summary } from "../gpu.ts";

// As `deno test` and compute-sanitizer write them.
const OUTPUT = `
running 3 tests from ./tests/cuda/swiglu_test.ts
swiglu of [1, 2 * 1] ... ok (13ms)
swiglu of [5, 2 * 8] ...
  a step ... ok (1ms)
swiglu of [5, 2 * 8] ... FAILED (due to 1 failed step) (2ms)
swiglu of large gates ... ignored (0ms)
swiglu is finite ... ok (1s)
`;
const CLEAN = `========= COMPUTE-SANITIZER
========= ERROR SUMMARY: 0 errors
`;
const STOPPED = `========= COMPUTE-SANITIZER
========= Invalid __global__ write of size 4 bytes
=========     at swiglu_forward_float32+0x70
=========     Address 0x7f91edf00403 is out of bounds
`;
const HAZARDS = `========= COMPUTE-SANITIZER
========= Error: Race reported between Write access at moe_place+0x10
=========     and Read access at moe_place+0x20 [4 hazards]
=========
========= RACECHECK SUMMARY: 2 hazards displayed (2 errors, 0 warnings)
`;

Deno.test("readOutput() counts tests, and the tool's own sum of problems", () => {
  assert.deepEqual(readOutput(CLEAN, OUTPUT), {
    problems: 0,
    passed: 2,
    failed: 1,
    isComplete: true,
  });
  assert.equal(readOutput(HAZARDS, OUTPUT).problems, 2);
});

Deno.test("readOutput() counts what was said before a tool was stopped", () => {
  const { problems, isComplete } = readOutput(STOPPED, OUTPUT);
  assert.equal(problems, 1);
  assert.equal(isComplete, false);
});

Deno.test("isClean() wants tests, all of them, and no problem", () => {
  const found = {
    file: "moe_test.ts",
    tool: "racecheck",
    problems: 0,
    passed: 7,
    failed: 0,
    isComplete: true,
    seconds: 12.3,
  } as const;
  assert.ok(isClean(found));
  assert.ok(!isClean({ ...found, problems: 1 }));
  assert.ok(!isClean({ ...found, passed: 0 }));
  assert.ok(!isClean({ ...found, failed: 1 }));
  assert.ok(!isClean({ ...found, isComplete: false }));
  assert.equal(
    describe({ ...found, isComplete: false }),
    "racecheck moe_test.ts: 0 hazards, 7 tests passed, 0 failed, not all ran (12 s)",
  );
});

Deno.test("summary() of a GPU's tests has a line a room, and names what did not pass", () => {
  const text = summary({
    counts: { passed: 1, failed: 1, skipped: 1 },
    results: [
      { file: "./tests/ffi/a_test.ts", name: "a", outcome: "passed" },
      { file: "./tests/ffi/a_test.ts", name: "b", outcome: "failed" },
      { file: "./tests/cuda/c_test.ts", name: "c", outcome: "skipped" },
    ],
    seconds: 61.2,
  });
  assert.match(text, /: 1 passed, 1 failed, 1 skipped, in 61 s\./);
  assert.match(text, /\| tests\/ffi \| 1 \| 1 \| 0 \|/);
  assert.match(text, /\| tests\/cuda \| 0 \| 0 \| 1 \|/);
  assert.match(text, /Failed:\n\n- a_test\.ts: b\n/);
  assert.match(text, /Skipped:\n\n- c_test\.ts: c$/);
});
