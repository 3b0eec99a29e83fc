import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  createProgress,
  type ProgressOptions,
  type ProgressState,
} from "../../lib/progress/mod.ts";
import { displayWidth, formatBarLine } from "../../lib/progress/line.ts";

const TRAINING = {
  loss: 2.3104,
  valLoss: 2.4,
  learningRate: 3e-4,
  tokensPerSecond: 171_900,
  mfu: 0.3419,
  memoryBytes: 6.59e9,
  remainingSeconds: 83,
};

Deno.test("plain progress prints a line at once and every ten seconds", () => {
  const { options, clock, text } = fakeTerminal({ isTerminal: false });
  const progress = createProgress({ label: "train", total: 200, ...options });
  for (let done = 1; done <= 25; done++) {
    clock.ms += 1000;
    progress.update({ done, ...TRAINING });
  }
  progress.log("saved out/step-00000025");
  progress.finish();
  progress.update({ done: 26 });
  assert.equal(
    text(),
    "train  1/200  0%  loss 2.310  val 2.400  lr 3.00e-4  172k tok/s  " +
      "mfu 34.2%  6.1 GiB  ETA 1m23s\n" +
      "train  11/200  5%  loss 2.310  val 2.400  lr 3.00e-4  172k tok/s  " +
      "mfu 34.2%  6.1 GiB  ETA 1m23s\n" +
      "train  21/200  10%  loss 2.310  val 2.400  lr 3.00e-4  172k tok/s  " +
      "mfu 34.2%  6.1 GiB  ETA 1m23s\n" +
      "saved out/step-00000025\n" +
      "train  25/200  12%  loss 2.310  val 2.400  lr 3.00e-4  172k tok/s  " +
      "mfu 34.2%  6.1 GiB  in 25s\n",
  );
});

Deno.test("live progress draws over one line, ten times a second at most", () => {
  const { options, clock, text } = fakeTerminal({ columns: 81 });
  const progress = createProgress({ label: "train", total: 200, ...options });
  for (let done = 1; done <= 100; done++) {
    clock.ms += 10;
    progress.update({ done, loss: 2, tokensPerSecond: 1000, learningRate: 1 });
  }
  const drawings = text().split("\r\x1b[K").slice(1);
  assert.equal(drawings.length, 10);
  assert.equal(
    drawings.at(-1),
    "train  [====>       ]  91/200  45%  loss 2.000  lr 1.00e+0  " +
      "1.0k tok/s  ETA 1.1s",
  );
  assert.ok(!text().includes("\n"));
});

Deno.test("live progress shows other lines above it and ends in one", () => {
  const { options, clock, screen } = fakeTerminal({ columns: 61 });
  const progress = createProgress({ label: "train", total: 4, ...options });
  progress.log("starting");
  progress.update({ done: 1 });
  assert.deepEqual(screen(), [
    "starting",
    "train  [========>                             ]  1/4  25%",
  ]);
  progress.log("a warning");
  clock.ms += 1000;
  progress.update({ done: 4 });
  assert.deepEqual(screen(), [
    "starting",
    "a warning",
    "train  [==================]  4/4  100%  4.0 step/s  ETA 0.0s",
  ]);
  progress.finish();
  assert.deepEqual(screen(), [
    "starting",
    "a warning",
    "train  4/4  100%  4.0 step/s  in 1.0s",
    "",
  ]);
});

Deno.test("live progress is green only where colours are wanted", () => {
  for (const color of [true, false]) {
    const { options, text } = fakeTerminal({ columns: 80 });
    const progress = createProgress({
      label: "train",
      total: 2,
      ...options,
      color,
    });
    progress.update({ done: 1 });
    assert.equal(text().includes("\x1b[32m"), color);
    assert.equal(text().replaceAll("\r\x1b[K", "").includes("\x1b"), color);
  }
});

Deno.test("progress of a download shows bytes, speed and time left", () => {
  const { options, clock, screen } = fakeTerminal({ columns: 81 });
  const MiB = 1024 * 1024;
  const progress = createProgress({
    label: "libtorch.zip",
    unit: "byte",
    total: 400 * MiB,
    done: 100 * MiB,
    ...options,
  });
  for (let i = 1; i <= 20; i++) {
    clock.ms += 500;
    progress.update({ done: (100 + 5 * i) * MiB });
  }
  assert.deepEqual(screen(), [
    "libtorch.zip  [=========>           ]  200 MiB/400 MiB  50%  10.0 MiB/s" +
    "  ETA 20s",
  ]);
});

Deno.test("progress without a total has no bar and no time left", () => {
  const { options, clock, screen } = fakeTerminal({ columns: 81 });
  const progress = createProgress({
    label: "prepare",
    unit: "token",
    ...options,
  });
  clock.ms += 2000;
  progress.update({ done: 5_000_000, note: "a\nb\tc\x1b[2J.txt" });
  assert.deepEqual(screen(), [
    "prepare  5.0M  2.5M tok/s  a b c [2J.txt",
  ]);
});

Deno.test("progress slower than one unit a second says seconds a unit", () => {
  const { options, clock, screen } = fakeTerminal({ columns: 81 });
  const progress = createProgress({ label: "train", ...options });
  clock.ms += 4000;
  progress.update({ done: 2 });
  assert.deepEqual(screen(), ["train  2  2.0s/step"]);
});

Deno.test("mode none hides progress, not what is said", () => {
  const { options, text } = fakeTerminal({ columns: 81 });
  const progress = createProgress({ label: "train", ...options, mode: "none" });
  progress.update({ done: 1 });
  progress.log("a warning");
  progress.finish();
  assert.equal(text(), "a warning\n");
});

Deno.test("disposing leaves the last state, once, if there is one", () => {
  const { options, screen } = fakeTerminal({ columns: 81 });
  {
    using _unused = createProgress({ label: "unused", ...options });
    using progress = createProgress({ label: "train", total: 2, ...options });
    progress.update({ done: 1 });
  }
  assert.deepEqual(screen(), ["train  1/2  50%  in 0.0s", ""]);
  {
    using progress = createProgress({ label: "eval", ...options });
    progress.update({ done: 1 });
    progress.finish("done: loss 2");
  }
  assert.deepEqual(screen().slice(1), ["done: loss 2", ""]);
});

Deno.test("progress goes on when nobody reads it any more", () => {
  const { options } = fakeTerminal({ columns: 81 });
  const stream = {
    ...options.stream,
    writeSync: () => {
      throw new Deno.errors.BrokenPipe();
    },
  };
  const progress = createProgress({ label: "train", ...options, stream });
  progress.update({ done: 1 });
  progress.finish();
});

Deno.test("progress can be drawn by something else from the same state", () => {
  const states: ProgressState[] = [];
  const progress = createProgress({
    label: "train",
    total: 10,
    renderer: {
      draw: (state) => states.push({ ...state }),
      log: () => {},
      finish: (state) => states.push({ ...state }),
    },
    now: () => 5,
  });
  progress.update({ done: 3, loss: 2 });
  progress.update({ loss: 1 });
  progress.finish();
  assert.deepEqual(states.map(({ done, loss }) => [done, loss]), [
    [3, 2],
    [3, 1],
    [3, 1],
  ]);
});

Deno.test("formatBarLine() fits any width and drops what matters least", () => {
  const state: ProgressState = {
    label: "train",
    unit: "step",
    done: 118,
    total: 200,
    startedMs: 0,
    nowMs: 0,
    ...TRAINING,
  };
  const line = (columns: number) =>
    formatBarLine(state, { columns, color: false });
  assert.deepEqual([140, 110, 79, 60, 40, 20, 10, 3, 0, -1].map(line), [
    "train  [=====================>                ]  118/200  59%  " +
    "loss 2.310  val 2.400  lr 3.00e-4  172k tok/s  mfu 34.2%  6.1 GiB  " +
    "ETA 1m23s",
    "train  [=========>        ]  118/200  59%  loss 2.310  val 2.400  " +
    "lr 3.00e-4  172k tok/s  mfu 34.2%  ETA 1m23s",
    "train  [====>     ]  118/200  59%  loss 2.310  val 2.400  172k tok/s  " +
    "ETA 1m23s",
    "train  118/200  loss 2.310  val 2.400  172k tok/s  ETA 1m23s",
    "train  118/200  loss 2.310  ETA 1m23s",
    "train  118/200",
    "train",
    "tra",
    "",
    "",
  ]);
});

Deno.test("formatBarLine() is never wider than the terminal", () => {
  const state = fc.record({
    label: fc.string({ unit: "binary", maxLength: 30 }),
    unit: fc.constantFrom("step", "byte", "token"),
    done: fc.nat(),
    startedMs: fc.constant(0),
    nowMs: fc.constant(0),
    total: fc.nat(),
    loss: fc.double(),
    valLoss: fc.double(),
    learningRate: fc.double(),
    tokensPerSecond: fc.double(),
    mfu: fc.double(),
    remainingSeconds: fc.double(),
    note: fc.string({ unit: "binary" }),
  }, { requiredKeys: ["label", "unit", "done", "startedMs", "nowMs"] });
  fc.assert(
    fc.property(state, fc.integer({ min: 1, max: 250 }), (state, columns) => {
      const line = formatBarLine(state, { columns, color: false });
      assert.ok(displayWidth(line) <= columns, `${line.length} > ${columns}`);
      assert.ok(!/\p{Cc}/u.test(line));
    }),
    { numRuns: 300, seed: 4 },
  );
});

/** A stream in memory, a clock, and what a person would see. */
function fakeTerminal(
  { columns = 80, isTerminal = true }: {
    columns?: number;
    isTerminal?: boolean;
  },
) {
  const clock = { ms: 0 };
  let written = "";
  const options = {
    stream: {
      writeSync(bytes: Uint8Array) {
        const taken = bytes.subarray(0, 50); // Pipes take what they like.
        written += new TextDecoder().decode(taken);
        return taken.length;
      },
      isTerminal: () => isTerminal,
      columns: () => columns,
    },
    now: () => clock.ms,
    color: false,
  } satisfies Partial<ProgressOptions>;
  const screen = () =>
    written.split("\n").map((line) => line.split("\r\x1b[K").at(-1) ?? "");
  return { options, clock, text: () => written, screen };
}
