/**
 * Measures which failures a run survives: kills at every operation of a save and at random times, failing
 * storage, damaged checkpoints, signals; and LitGPT's save under the same kills.
 *
 *     deno run -A tests/bench/reliability.ts [--litgpt PYTHON] [FIGURE...]
 *
 * Figures: kill, tear, random, storage, tmpfs, corrupt, SIGTERM, SIGINT, litgpt. Default: all. Linux only.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { findLatestCheckpoint } from "../../lib/checkpoint/find.ts";
import { randomNumbers } from "../checkpoint/_corrupt.ts";
import {
  corruptCheckpoints,
  failStorage,
  type Figure,
  interrupt,
  killAtOperations,
  killAtTimes,
  publishedAt,
  trainUnbroken,
  type Unbroken,
} from "../reliability/_figures.ts";
import {
  faultVariables,
  runProcess,
  type SmallRun,
  smallRun,
} from "../reliability/_run.ts";

const RANDOM_KILLS = 100;
const CORRUPTIONS = 1000;
const SIGNALS = 50;
const STORAGE_FAULTS = ["ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT"];
const SEED = 1;

type Measure = (place: SmallRun, unbroken: Unbroken) => Promise<Figure>;

const FIGURES: [name: string, what: string, measure: Measure][] = [
  [
    "kill",
    "kill -9 at each operation of a save and of the four steps before it, then --resume auto: bit-equal to the unbroken run",
    (place, unbroken) =>
      killAtOperations(place, unbroken, {
        at: operationsOfSave(unbroken),
        does: "kill",
      }),
  ],
  [
    "tear",
    "the same at each write of one save, half of it done",
    (place, unbroken) => {
      const at = operationsOfSave(unbroken)
        .filter((number) =>
          unbroken.operations[number - 1]!.startsWith("write ")
        );
      return killAtOperations(place, unbroken, { at, does: "tear" });
    },
  ],
  [
    "random",
    "kill -9 at random times between the first step and the last save, then --resume auto: bit-equal to the unbroken run",
    (place, unbroken) => {
      const random = randomNumbers(SEED);
      const afterMs = Array.from(
        { length: RANDOM_KILLS },
        () => unbroken.trainingMs * random(1e6) / 1e6,
      );
      return killAtTimes(place, unbroken, { afterMs });
    },
  ],
  [
    "storage",
    `${
      STORAGE_FAULTS.join(", ")
    } from operations of a save on: message with path and cause, earlier checkpoints valid, the resumed run bit-equal`,
    (place, unbroken) => {
      const kinds = new Map<string, number>();
      // One of each kind in each file: writes of one file are alike.
      for (const at of operationsOfSave(unbroken)) {
        const [kind, path = ""] = unbroken.operations[at - 1]!.split(" ");
        const key = `${kind} ${path.split("/").at(-1)}`;
        if (kind !== "remove" && !kinds.has(key)) kinds.set(key, at);
      }
      const faults = STORAGE_FAULTS.flatMap((does) =>
        [...kinds.values()].map((at) => ({ does, at }))
      );
      return failStorage(place, unbroken, faults);
    },
  ],
  [
    "tmpfs",
    "a file system of 5 MiB that gets full (needs root)",
    fillFileSystem,
  ],
  [
    "corrupt",
    "damaged files of a checkpoint (bytes changed, cut, extended): refused by name, and passed over by --resume auto",
    (place) =>
      corruptCheckpoints(place, { name: "unbroken", times: CORRUPTIONS }),
  ],
  ...(["SIGTERM", "SIGINT"] as const).map((
    signal,
  ): [string, string, Measure] => [
    signal,
    `${signal} at random moments: saved, and exited with ${
      signal === "SIGTERM" ? 143 : 130
    }`,
    (place) => {
      const random = randomNumbers(SEED);
      const afterMs = Array.from({ length: SIGNALS }, () => random(300));
      return interrupt(place, { afterMs, signal });
    },
  ]),
];

/** What is done from one save to the end of the next, which removes the one before it. */
function operationsOfSave(unbroken: Unbroken): number[] {
  const from = publishedAt(unbroken, "step-00000004") + 2;
  const to = unbroken.operations.findIndex((line, i) =>
    i > publishedAt(unbroken, "step-00000008") && line.endsWith("metrics.csv")
  );
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** A run in a file system too small for its checkpoints; it resumes after the file system is enlarged. */
async function fillFileSystem(
  place: SmallRun,
  unbroken: Unbroken,
): Promise<Figure> {
  const out = join(place.dir, "small");
  const mount = (...args: string[]) => runProcess(["mount", ...args]);
  await Deno.mkdir(out);
  if ((await mount("-t", "tmpfs", "-o", "size=5m", "tmpfs", out)).code !== 0) {
    return { held: 0, of: 0, failures: [], note: "mount is not permitted" };
  }
  const failures: string[] = [];
  try {
    const { code, text } = await place.train("small");
    if (code !== 1 || !/no space left on the device/.test(text)) {
      failures.push(`${code}: ${text}`);
    }
    const { checkpoint, warnings } = await findLatestCheckpoint(out);
    if (checkpoint === null || warnings.length > 0) {
      failures.push(`nothing valid is left: ${warnings}`);
    }
    await mount("-o", "remount,size=64m", out);
    const resumed = await place.train("small");
    if (resumed.code !== 0) failures.push(resumed.text);
    else if (await place.digest("small") !== unbroken.digest) {
      failures.push("it became another run");
    }
  } finally {
    await runProcess(["umount", out]);
  }
  return { held: failures.length === 0 ? 1 : 0, of: 1, failures, note: "" };
}

async function compareLitgpt(python: string): Promise<void> {
  const shared = await Deno.makeTempDir({ prefix: "moebius-litgpt-" });
  const other = await Deno.makeTempDir({ dir: "/dev/shm" });
  const env = await faultVariables("/nonexistent", {});
  for (
    const [where, folders] of [
      ["on the file system of TMPDIR", [join(shared, "out")]],
      ["on another file system", [join(other, "out"), join(shared, "tmp")]],
    ] as const
  ) {
    const script = "tests/reliability/litgpt_save.py";
    const { text } = await runProcess([python, script, ...folders], { env });
    console.log(`litgpt: its save, killed at each operation, ${where}`);
    const lines = text.split("\n").filter((line) =>
      /^(kill|tear) at .*cannot load|^\{"saves/.test(line)
    );
    console.log(`  ${lines.join("\n  ")}\n`);
  }
  await Deno.remove(shared, { recursive: true });
  await Deno.remove(other, { recursive: true });
}

const { values, positionals } = parseArgs({
  args: Deno.args,
  options: { litgpt: { type: "string" } },
  allowPositionals: true,
});
const isWanted = (name: string) =>
  positionals.length === 0 || positionals.includes(name);

await using place = await smallRun();
const unbroken = await trainUnbroken(place);
console.log(
  `A run of 12 steps with four saves: ${unbroken.operations.length} operations on its folder\n`,
);
for (
  const [name, what, measure] of FIGURES.filter(([name]) => isWanted(name))
) {
  const startedMs = performance.now();
  const { held, of, failures, note } = await measure(place, unbroken);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`${name}: ${held} of ${of} (${seconds} s)\n  ${what}`);
  if (note !== "") console.log(`  ${note}`);
  for (const failure of failures) console.log(`  NOT: ${failure}`);
  console.log();
}
if (values.litgpt !== undefined && isWanted("litgpt")) {
  await compareLitgpt(values.litgpt);
}
