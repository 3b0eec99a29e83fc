import { strict as assert } from "node:assert";
import { join } from "node:path";
import { StorageError } from "../../lib/files/atomic.ts";
import { findLatestCheckpoint } from "../../lib/checkpoint/find.ts";
import {
  CheckpointError,
  readManifest,
  verifyCheckpoint,
} from "../../lib/checkpoint/manifest.ts";
import { openCheckpointStore } from "../../lib/checkpoint/store.ts";
import { type Fault, faultyFileSystem } from "../files/_faulty_file_system.ts";
import { afterPowerLoss } from "./_power_loss.ts";
import { namesIn, save, temporaryDirectory, writeExample } from "./_run.ts";

Deno.test("publish() leaves a checkpoint that verifies, and nothing else", async () => {
  using directory = temporaryDirectory();
  const outDir = join(directory.path, "deep", "run");
  const { path, bytes, warnings } = await save(outDir, 10);
  assert.equal(path, join(outDir, "step-00000010"));
  assert.deepEqual(warnings, []);
  assert.deepEqual(namesIn(outDir), [".lock", "step-00000010"]);
  assert.deepEqual(namesIn(path), [
    "config.yaml",
    "manifest.json",
    "model.safetensors",
    "state.json",
  ]);
  assert.deepEqual(await verifyCheckpoint(path), []);
  const manifest = await readManifest(path);
  assert.equal(manifest.step, 10);
  assert.deepEqual(manifest.versions, { moebius: "0.0.0" });
  const sizes = namesIn(path).map((name) => Deno.statSync(join(path, name)));
  assert.equal(bytes, sizes.reduce((sum, { size }) => sum + size, 0));
});

Deno.test("publish() copies files under their own or another name", async () => {
  using directory = temporaryDirectory();
  const source = join(directory.path, "tokenizer.json");
  await Deno.writeTextFile(source, "{}");
  using store = await openCheckpointStore(directory.path);
  const { path } = await store.publish("final", async (draft) => {
    await draft.copyFile(source);
    await draft.copyFile(source, "again.json");
  }, { step: 1 });
  assert.equal(await Deno.readTextFile(join(path, "tokenizer.json")), "{}");
  assert.equal(await Deno.readTextFile(join(path, "again.json")), "{}");
  await assert.rejects(
    store.publish("final", async (draft) => {
      await draft.copyFile(join(directory.path, "none"));
    }, { step: 2 }),
    /Cannot copy .*none into a checkpoint: no such file/,
  );
});

Deno.test("publish() refuses names that would not be found again", async () => {
  using directory = temporaryDirectory();
  using store = await openCheckpointStore(directory.path);
  for (const name of ["best", "step-1", "../step-00000001", ""]) {
    await assert.rejects(
      store.publish(name, (draft) => writeExample(draft, 1), { step: 1 }),
      /its name must be "final" or like "step-00000010"/,
    );
  }
  for (const name of ["manifest.json", "a/b", ".hidden", "..", ""]) {
    await assert.rejects(
      store.publish("final", (d) => d.writeText(name, "x"), { step: 1 }),
      /Cannot add a file called/,
    );
  }
  await assert.rejects(
    store.publish("final", () => Promise.resolve(), { step: 1 }),
    /Cannot save a checkpoint without files/,
  );
  assert.deepEqual(namesIn(directory.path), [".lock"]);
});

Deno.test("publish() keeps the last few, and what it did not write", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  const foreign = join(outDir, "step-00000001");
  await Deno.mkdir(foreign);
  await Deno.writeTextFile(join(foreign, "lit_model.pth"), "weights");
  for (const step of [2, 3, 4]) await save(outDir, step, { keepLast: 2 });
  await save(outDir, 4, { name: "final", keepLast: 2 });
  assert.deepEqual(namesIn(outDir), [
    ".lock",
    "final",
    "step-00000001",
    "step-00000003",
    "step-00000004",
  ]);
  await save(outDir, 5, { keepLast: 1 });
  assert.deepEqual(namesIn(outDir), [
    ".lock",
    "final",
    "step-00000001",
    "step-00000005",
  ]);
});

Deno.test("publish() of an earlier step puts later ones aside, whole", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  await Deno.mkdir(join(outDir, "step-00000009"));
  for (const step of [2, 4, 5]) await save(outDir, step);
  await save(outDir, 5, { name: "final" });
  const { warnings } = await save(outDir, 3);
  assert.equal(warnings.length, 3);
  assert.match(
    warnings.join("\n"),
    /^Moved .*final, from before .* went back .* to .*superseded-final-\d+$/m,
  );
  const names = namesIn(outDir);
  assert.deepEqual(names.map((name) => name.replace(/-\d{17}$/, "")), [
    ".lock",
    "step-00000002",
    "step-00000003",
    // Without a manifest it is not ours.
    "step-00000009",
    "superseded-final",
    "superseded-step-00000004",
    "superseded-step-00000005",
  ]);
  for (const name of names.slice(-3)) {
    assert.deepEqual(await verifyCheckpoint(join(outDir, name)), []);
  }
});

Deno.test("publish() does not overwrite a valid step, unless told", async () => {
  using directory = temporaryDirectory();
  const { path } = await save(directory.path, 3);
  await assert.rejects(
    save(directory.path, 3),
    /Cannot save checkpoint .*step-00000003: it exists already/,
  );
  using store = await openCheckpointStore(directory.path);
  await store.publish(
    "step-00000003",
    (draft) => draft.writeText("new.txt", "new"),
    { step: 3, replace: true },
  );
  assert.deepEqual(namesIn(path), ["manifest.json", "new.txt"]);
});

Deno.test("publish() moves a damaged step of the same name aside", async () => {
  using directory = temporaryDirectory();
  const { path } = await save(directory.path, 3);
  await Deno.writeTextFile(join(path, "state.json"), "lost");
  const { warnings } = await save(directory.path, 3);
  assert.match(warnings[0] ?? "", /Moved a damaged checkpoint to .*damaged-st/);
  assert.deepEqual(await verifyCheckpoint(path), []);
  const aside = namesIn(directory.path).find((n) => n.startsWith("damaged-"));
  assert.equal(
    await Deno.readTextFile(join(directory.path, aside ?? "", "state.json")),
    "lost",
  );
});

Deno.test("publish() replaces the final checkpoint", async () => {
  using directory = temporaryDirectory();
  await save(directory.path, 3, { name: "final" });
  await save(directory.path, 6, { name: "final" });
  assert.deepEqual(namesIn(directory.path), [".lock", "final"]);
  assert.equal((await readManifest(join(directory.path, "final"))).step, 6);
});

Deno.test("publish() clears what dead processes left", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  await save(outDir, 3, { name: "final" });
  await Deno.rename(join(outDir, "final"), join(outDir, ".old-final-99"));
  await Deno.mkdir(join(outDir, ".tmp-step-00000004-99"));
  await Deno.writeTextFile(join(outDir, ".tmp-step-00000004-99", "x"), "x");
  await save(outDir, 5);
  assert.deepEqual(namesIn(outDir), [".lock", "final", "step-00000005"]);
  assert.deepEqual(await verifyCheckpoint(join(outDir, "final")), []);
});

Deno.test("openCheckpointStore() lets one writer in at a time", async () => {
  using directory = temporaryDirectory();
  {
    using first = await openCheckpointStore(directory.path);
    assert.equal(first.outDir, directory.path);
    await assert.rejects(
      openCheckpointStore(directory.path),
      (error: Error) =>
        error instanceof CheckpointError &&
        error.message.includes(`another run (process ${Deno.pid}) does`),
    );
  }
  using second = await openCheckpointStore(directory.path);
  assert.deepEqual(second.warnings, []);
});

Deno.test("openCheckpointStore() refuses to keep nothing, and a file as directory", async () => {
  using directory = temporaryDirectory();
  for (const keepLast of [0, -1, 1.5, NaN]) {
    await assert.rejects(
      openCheckpointStore(directory.path, { keepLast }),
      RangeError,
    );
  }
  const file = join(directory.path, "file");
  await Deno.writeTextFile(file, "");
  await assert.rejects(openCheckpointStore(file), StorageError);
});

const FAULTS: [what: string, fault: Fault, cause: RegExp | null][] = [
  ["one failure", { kind: "error", code: "EACCES" }, /permission denied/],
  ["a disk full from then on", { kind: "broken", code: "ENOSPC" }, /no space/],
  ["a kill", { kind: "kill" }, null],
  ["a kill in the middle of a write", { kind: "tear" }, null],
];

const SAVES: [what: string, name: string][] = [
  ["a step", "step-00000020"],
  ["the final one over an older one", "final"],
];

for (const [what, fault, cause] of FAULTS) {
  for (const [which, name] of SAVES) {
    Deno.test(`publish() of ${which} survives ${what}, at any operation`, async () => {
      using directory = temporaryDirectory();
      const before = join(directory.path, "before");
      await save(before, 9);
      await save(before, 10, { name: "final" });
      const operations = await untilClean(async (faultAt) => {
        const outDir = join(directory.path, String(faultAt));
        copyDirectory(before, outDir);
        const fs = faultyFileSystem({ faultAt, fault });
        const failure = await save(outDir, 20, { name, fs, keepLast: 1 })
          .then(({ warnings }) => warnings[0], (error: Error) => error.message);

        const { checkpoint, warnings } = await findLatestCheckpoint(outDir);
        assert.ok(checkpoint !== null);
        assert.ok([10, 20].includes(checkpoint.step));
        assert.deepEqual(warnings, []);
        if (fs.log.length < faultAt) return true;

        const left = leftovers(outDir);
        const hit = fs.log.slice(faultAt - 1);
        if (cause !== null && !hit.every(({ kind }) => kind === "remove")) {
          assert.match(failure ?? "", cause);
          assert.ok(failure?.includes(outDir));
        }
        if (fault.kind === "error" && hit[0]?.kind !== "remove") {
          // An old final one stays while the new one may not be on the device.
          const isUnsure = name === "final" &&
            hit[0]?.kind === "syncDirectory" && hit[0].path === outDir;
          assert.deepEqual(left, isUnsure ? [`.old-final-${Deno.pid}`] : []);
        }
        if (left.length > 0 && faultAt % 3 === 0) {
          await save(outDir, 21);
          assert.deepEqual(leftovers(outDir), []);
          const next = await findLatestCheckpoint(outDir);
          assert.equal(next.checkpoint?.step, 21);
        }
        return false;
      });
      assert.equal(operations, 19);
    });
  }
}

Deno.test("publish() names the bytes needed when the disk is full", async () => {
  using directory = temporaryDirectory();
  const fault: Fault = { kind: "broken", code: "ENOSPC" };
  const clean = faultyFileSystem();
  await save(join(directory.path, "a"), 1, { fs: clean });
  const faultAt = clean.log.findIndex(({ kind }) => kind === "write") + 1;
  const fs = faultyFileSystem({ faultAt, fault });
  await assert.rejects(
    save(join(directory.path, "b"), 1, { fs }),
    /^CheckpointError: Cannot save checkpoint .*step-00000001: Cannot write .*model\.safetensors: no space left on the device, free some space: the file needs 528 bytes: the checkpoints saved before are untouched$/,
  );
});

Deno.test("publish() survives power loss after any operation", async () => {
  using directory = temporaryDirectory();
  const root = join(directory.path, "real");
  await Deno.mkdir(root);
  const outDir = join(root, "run");
  const fs = faultyFileSystem();
  const safe: [operations: number, step: number][] = [];
  const saveAndNote = async (step: number, name?: string) => {
    await save(outDir, step, { fs, keepLast: 1, ...(name && { name }) });
    safe.push([fs.log.length, step]);
  };
  await saveAndNote(1);
  await saveAndNote(2);
  await saveAndNote(2, "final");
  await saveAndNote(3, "final");
  for (let count = 0; count <= fs.log.length; count++) {
    for (const namesSurvive of [false, true]) {
      const into = join(directory.path, `${count}-${namesSurvive}`);
      const lost = fs.log.slice(0, count);
      afterPowerLoss(lost, { root, into, namesSurvive });
      const { checkpoint, warnings } = await findLatestCheckpoint(
        join(into, "run"),
      );
      assert.deepEqual(warnings, []);
      const promised = safe.findLast(([done]) => done <= count)?.[1] ?? 0;
      const found = checkpoint?.step ?? 0;
      assert.ok(found >= promised, `${found} of ${promised} after ${count}`);
    }
  }
});

/** What a save that ended badly may leave in its directory. */
function leftovers(outDir: string): string[] {
  return namesIn(outDir).filter((name) => /^\.(tmp|old)-/.test(name));
}

function copyDirectory(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
    else copyDirectory(join(from, name), join(to, name));
  }
}

/** Calls `attempt` with 1, 2, 3... until it says that no fault was met. */
async function untilClean(
  attempt: (faultAt: number) => Promise<boolean>,
): Promise<number> {
  for (let faultAt = 1;; faultAt++) {
    if (await attempt(faultAt)) return faultAt - 1;
  }
}
