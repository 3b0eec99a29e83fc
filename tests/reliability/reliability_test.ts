/**
 * Runs that are killed, interrupted, or that the storage fails, in processes of their own: a sample of
 * what tests/bench/reliability.ts does at every operation.
 */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { findLatestCheckpoint } from "../../lib/checkpoint/find.ts";
import { readMetrics } from "../../lib/metrics/mod.ts";
import {
  corruptCheckpoints,
  failStorage,
  type Figure,
  interrupt,
  killAtOperations,
  killAtTimes,
  publishedAt,
  trainUnbroken,
} from "./_figures.ts";
import { smallRun } from "./_run.ts";

Deno.test({
  name: "a run survives kills, signals, failing storage and damage",
  // The faults are put in by the dynamic linker of Linux.
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    await using place = await smallRun();
    const unbroken = await trainUnbroken(place);
    const { operations } = unbroken;
    const last = operations.length;
    const [first, second, final] = ["step-00000004", "step-00000008", "final"]
      .map((name) => publishedAt(unbroken, name)) as [number, number, number];

    await t.step("what is watched is what a save does", () => {
      const save = operations.slice(first, second);
      for (const kind of ["mkdir", "create", "write", "sync", "rename"]) {
        assert.ok(save.some((line) => line.startsWith(kind)), kind);
      }
      assert.ok(first > 0 && second > first && final > second);
    });

    await t.step("killed at a write, it goes on to the same bits", async () => {
      const at = [8, second - 1, second, last];
      holds(await killAtOperations(place, unbroken, { at, does: "kill" }));
      const torn = [operations.indexOf(operations[first + 30]!) + 1, final - 3];
      holds(
        await killAtOperations(place, unbroken, { at: torn, does: "tear" }),
      );
    });

    await t.step(
      "killed at any time, it goes on to the same bits",
      async () => {
        const { trainingMs } = unbroken;
        const afterMs = [0.2, 0.7].map((share) => share * trainingMs);
        holds(await killAtTimes(place, unbroken, { afterMs }));
      },
    );

    await t.step(
      "where the storage fails, it says where and why and loses nothing",
      async () => {
        holds(
          await failStorage(place, unbroken, [
            { does: "ENOSPC", at: first + 30 },
            { does: "EIO", at: second - 1 },
            { does: "EACCES", at: first + 3 },
            { does: "EROFS", at: final },
          ]),
        );
      },
    );

    await t.step("short writes are finished", async () => {
      const fault = { at: 1, does: "short" };
      const { code, text } = await place.train("short", { fault });
      assert.equal(code, 0, text);
      assert.equal(await place.digest("short"), unbroken.digest);
    });

    await t.step(
      "a file that may not grow is named, and nothing is lost",
      async () => {
        const limited = "trap '' XFSZ; ulimit -f 900; exec \"$@\"";
        const { code, text } = await place.train("limited", {
          through: ["sh", "-c", limited, "sh"],
        });
        assert.equal(code, 1, text);
        assert.match(
          text,
          /Cannot write \S+\.safetensors: the file is larger than is allowed/,
        );
        assert.match(text, /the checkpoints saved before are untouched/);
        assert.equal((await place.train("limited")).code, 0);
        assert.equal(await place.digest("limited"), unbroken.digest);
      },
    );

    await t.step("damage is found before a tensor is loaded", async () => {
      holds(await corruptCheckpoints(place, { name: "unbroken", times: 24 }));
    });

    await t.step(
      "a signal saves and ends it with the shell's code",
      async () => {
        const afterMs = [0, 30];
        holds(await interrupt(place, { afterMs, signal: "SIGTERM" }));
        holds(await interrupt(place, { afterMs, signal: "SIGINT" }));
      },
    );

    await t.step(
      "a second signal ends it at once, and it goes on",
      async () => {
        const { code } = await place.train("twice", {
          flags: ["--max-steps=1000000"],
          onStart: async (process) => {
            const dir = join(place.dir, "twice");
            while ((await findLatestCheckpoint(dir)).checkpoint === null) {
              await new Promise((resolve) => setTimeout(resolve, 10));
            }
            process.kill("SIGINT");
            process.kill("SIGTERM");
          },
        });
        assert.ok(code === 143 || code === 130, `${code}`);
        const rows = await readMetrics(join(place.dir, "twice/metrics.csv"));
        assert.ok(rows.length >= 4);
        const dir = join(place.dir, "twice");
        assert.deepEqual((await findLatestCheckpoint(dir)).warnings, []);
      },
    );
  },
});

function holds({ held, of, failures }: Figure): void {
  assert.equal(held, of, failures.join("\n"));
}
