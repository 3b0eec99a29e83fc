import { strict as assert } from "node:assert";
import { join } from "node:path";
import {
  findLatestCheckpoint,
  resolveResume,
} from "../../lib/checkpoint/find.ts";
import { CheckpointError } from "../../lib/checkpoint/manifest.ts";
import { checkpointName, stepOfName } from "../../lib/checkpoint/names.ts";
import { save, temporaryDirectory } from "./_run.ts";

Deno.test("checkpointName() is LitGPT's, and stepOfName() reads it", () => {
  assert.equal(checkpointName(10), "step-00000010");
  assert.equal(checkpointName(1234567890), "step-1234567890");
  assert.equal(stepOfName("step-1234567890"), 1234567890);
  assert.equal(stepOfName("step-10"), undefined);
  assert.equal(stepOfName("final"), undefined);
});

Deno.test("findLatestCheckpoint() finds nothing where nothing is", async () => {
  using directory = temporaryDirectory();
  for (const path of [directory.path, join(directory.path, "none")]) {
    const nothing = { checkpoint: null, warnings: [] };
    assert.deepEqual(await findLatestCheckpoint(path), nothing);
  }
});

Deno.test("findLatestCheckpoint() goes by steps, also of the final one", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  const latest = async () => {
    const { checkpoint, warnings } = await findLatestCheckpoint(outDir);
    assert.deepEqual(warnings, []);
    return checkpoint?.path.slice(outDir.length + 1);
  };
  await save(outDir, 9);
  await save(outDir, 50, { name: "final" });
  assert.equal(await latest(), "final");
  await save(outDir, 100);
  assert.equal(await latest(), "step-00000100");
  await save(outDir, 100, { name: "final" });
  assert.equal(await latest(), "final");
  await save(outDir, 100_000_000);
  assert.equal(await latest(), "step-100000000");
});

Deno.test("findLatestCheckpoint() passes over damaged ones, names them and leaves them", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  for (const step of [1, 2, 3]) await save(outDir, step);
  const final = await save(outDir, 4, { name: "final" });
  await Deno.mkdir(join(outDir, "step-00000005"));
  await Deno.truncate(join(final.path, "model.safetensors"), 100);
  await Deno.remove(join(outDir, "step-00000003", "state.json"));
  await Deno.remove(join(outDir, "step-00000001", "state.json"));
  const { checkpoint, warnings } = await findLatestCheckpoint(outDir);
  assert.deepEqual(checkpoint, {
    path: join(outDir, "step-00000002"),
    step: 2,
  });
  assert.deepEqual(warnings, [
    `Cannot use checkpoint ${outDir}/step-00000005: manifest.json is missing: ` +
    `it was never finished, or was not written by moebius`,
    `Cannot use checkpoint ${outDir}/final: ` +
    `${outDir}/final/model.safetensors has 100 bytes instead of 528`,
    `Cannot use checkpoint ${outDir}/step-00000003: ` +
    `${outDir}/step-00000003/state.json cannot be read: ` +
    `no such file or directory`,
  ]);
});

Deno.test("findLatestCheckpoint() finds a final one that was put aside and not replaced", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  await save(outDir, 5);
  const { path } = await save(outDir, 9, { name: "final" });
  const aside = join(outDir, ".old-final-123");
  await Deno.rename(path, aside);
  const { checkpoint } = await findLatestCheckpoint(outDir);
  assert.deepEqual(checkpoint, { path: aside, step: 9 });
});

Deno.test("resolveResume() knows false, true, auto, a directory and a file", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  assert.equal(await resolveResume(false, outDir), null);
  assert.equal(await resolveResume("auto", outDir), null);
  await assert.rejects(
    resolveResume(true, outDir),
    /Cannot resume from .*: it has no checkpoints: use --resume auto/,
  );
  const { path } = await save(outDir, 1);
  const second = { path: join(outDir, "step-00000002"), step: 2, warnings: [] };
  await save(outDir, 2);
  assert.equal(await resolveResume(false, outDir), null);
  assert.deepEqual(await resolveResume("auto", outDir), second);
  assert.deepEqual(await resolveResume(true, outDir), second);
  const first = { path, step: 1, warnings: [] };
  assert.deepEqual(await resolveResume(path, "elsewhere"), first);
  const file = join(path, "model.safetensors");
  assert.deepEqual(await resolveResume(file, "elsewhere"), first);
});

Deno.test("resolveResume() falls back with a warning, but never to nothing", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  const first = await save(outDir, 1);
  const second = await save(outDir, 2);
  await Deno.writeTextFile(join(second.path, "state.json"), "");
  const resumed = await resolveResume("auto", outDir);
  assert.equal(resumed?.step, 1);
  assert.match(resumed?.warnings[0] ?? "", /step-00000002.*state.json has 0 b/);

  await Deno.writeTextFile(join(first.path, "state.json"), "");
  for (const resume of ["auto", true]) {
    await assert.rejects(
      resolveResume(resume, outDir),
      /none of its checkpoints is valid\n- .*step-00000002.*\n- .*step-00000001/,
    );
  }
});

Deno.test("resolveResume() refuses a path that is no valid checkpoint", async () => {
  using directory = temporaryDirectory();
  const outDir = directory.path;
  const { path } = await save(outDir, 1);
  const refuses = async (resume: string, message: RegExp) =>
    await assert.rejects(
      resolveResume(resume, outDir),
      (error: Error) =>
        error instanceof CheckpointError && message.test(error.message),
    );
  await refuses(join(outDir, "none"), /none: no such file or directory/);
  await refuses(
    outDir,
    /: it is a folder of checkpoints: give one of them, such as .*step-00000001$/,
  );
  await refuses(Deno.makeTempDirSync({ dir: outDir }), /manifest.json is miss/);
  await Deno.writeTextFile(join(path, "config.yaml"), "");
  await refuses(path, /step-00000001: .*config.yaml has 0 bytes instead of 8/);
});
