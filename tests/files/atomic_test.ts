import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { constants } from "node:os";
import { join } from "node:path";
import {
  describeCause,
  ensureDirectory,
  replaceDirectory,
  StorageError,
  writeFileAtomic,
} from "../../lib/files/atomic.ts";
import { faultyFileSystem } from "./_faulty_file_system.ts";
import { namesIn, temporaryDirectory } from "../checkpoint/_run.ts";

Deno.test("writeFileAtomic() creates and replaces a file", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "state.json");
  for (const text of ["first", "second, longer", ""]) {
    assert.deepEqual(await writeFileAtomic(path, text), {
      size: text.length,
      sha256: createHash("sha256").update(text).digest("hex"),
    });
    assert.equal(await Deno.readTextFile(path), text);
  }
  assert.deepEqual(namesIn(directory.path), ["state.json"]);
});

Deno.test("writeFileAtomic() leaves the old or the new content at any fault", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "state.json");
  for (const kind of ["kill", "tear", "error"] as const) {
    for (let faultAt = 1;; faultAt++) {
      await Deno.writeTextFile(path, "old");
      const fault = kind === "error" ? { kind, code: "EIO" } : { kind };
      const fs = faultyFileSystem({ faultAt, fault });
      const failure = await writeFileAtomic(path, "new", { fs })
        .then(() => null, (error: unknown) => error);
      if (fs.log.length < faultAt) {
        assert.equal(faultAt, 7);
        break;
      }
      assert.ok(["old", "new"].includes(await Deno.readTextFile(path)));
      assert.ok(failure instanceof Error);
      if (kind === "error") {
        assert.ok(failure instanceof StorageError);
        assert.match(failure.message, /the storage device reported an error/);
        assert.ok(failure.message.includes(directory.path));
        assert.deepEqual(namesIn(directory.path), ["state.json"]);
      }
    }
  }
});

Deno.test("replaceDirectory() leaves the old or the new directory at any fault", async () => {
  for (let faultAt = 1;; faultAt++) {
    using directory = temporaryDirectory();
    const [path, finished, aside] = ["run", "new", "aside"]
      .map((name) => join(directory.path, name)) as [string, string, string];
    for (const [folder, text] of [[path, "old"], [finished, "new"]] as const) {
      await Deno.mkdir(folder);
      await Deno.writeTextFile(join(folder, "state"), text);
    }
    const fault = { kind: "error", code: "EIO" } as const;
    const fs = faultyFileSystem({ faultAt, fault });
    const result = await replaceDirectory(finished, path, { aside, fs })
      .catch((error: unknown) => error);
    const text = await Deno.readTextFile(join(path, "state"));
    if (fs.log.length < faultAt) {
      assert.deepEqual([result, text, faultAt], [null, "new", 5]);
      assert.deepEqual(namesIn(directory.path), ["run"]);
      break;
    }
    assert.ok(result instanceof StorageError);
    // Renamed aside, renamed into place; then synced and cleared away.
    assert.equal(text, faultAt <= 2 ? "old" : "new");
  }
});

Deno.test("writeFileAtomic() names path and cause of a real failure", async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, "file");
  await Deno.writeTextFile(file, "");
  await assert.rejects(
    writeFileAtomic(join(file, "state.json"), ""),
    (error: Error) =>
      error instanceof StorageError &&
      error.message.endsWith("a part of the path is not a directory"),
  );
});

Deno.test("ensureDirectory() syncs the parent of each directory it creates", async () => {
  using directory = temporaryDirectory();
  const fs = faultyFileSystem();
  const path = (...names: string[]) => join(directory.path, ...names);
  await ensureDirectory(path("a", "b"), { fs });
  assert.deepEqual(fs.log, [
    { kind: "mkdir", path: path("a") },
    { kind: "syncDirectory", path: path() },
    { kind: "mkdir", path: path("a", "b") },
    { kind: "syncDirectory", path: path("a") },
  ]);
  await ensureDirectory(path("a", "b"), { fs });
  assert.equal(fs.log.length, 4);
});

Deno.test("describeCause() says what the system said", () => {
  const coded = (code: string) =>
    describeCause(Object.assign(new Error("original"), { code }));
  assert.match(coded("ENOSPC"), /^no space left on the device/);
  assert.match(coded("EIO"), /^the storage device reported an error$/);
  assert.equal(coded("EWHATEVER"), "original");
  const uncoded = new Error(
    `Disk quota exceeded (os error ${constants.errno.EDQUOT}): sync '/x'`,
  );
  assert.match(describeCause(uncoded), /^the disk quota is used up/);
  assert.equal(describeCause("text"), "text");
});
