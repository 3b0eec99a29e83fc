import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  CheckpointError,
  formatManifest,
  readManifest,
  verifyCheckpoint,
} from "../../lib/checkpoint/manifest.ts";
import { corrupt, randomNumbers } from "./_corrupt.ts";
import { namesIn, save, temporaryDirectory } from "./_run.ts";

const CORRUPTIONS = 1_000;

Deno.test(`verifyCheckpoint() detects ${CORRUPTIONS} of ${CORRUPTIONS} seeded corruptions`, async () => {
  using directory = temporaryDirectory();
  const { path } = await save(directory.path, 7);
  const files = namesIn(path);
  assert.equal(files.length, 4);
  const random = randomNumbers(1);
  let detected = 0;
  for (let i = 0; i < CORRUPTIONS; i++) {
    const file = join(path, files[i % files.length] ?? "");
    const original = Deno.readFileSync(file);
    Deno.writeFileSync(file, corrupt(original, random));
    const problems = await verifyCheckpoint(path);
    if (problems.length > 0 && problems[0]?.includes(path)) detected++;
    Deno.writeFileSync(file, original);
  }
  assert.equal(detected, CORRUPTIONS);
  assert.deepEqual(await verifyCheckpoint(path), []);
});

Deno.test("verifyCheckpoint() says what is wrong with each file", async () => {
  using directory = temporaryDirectory();
  const { path } = await save(directory.path, 7);
  await Deno.remove(join(path, "config.yaml"));
  await Deno.writeTextFile(join(path, "state.json"), "{}");
  const model = join(path, "model.safetensors");
  const bytes = await Deno.readFile(model);
  bytes[300] = (bytes[300] ?? 0) ^ 1;
  await Deno.writeFile(model, bytes);
  assert.deepEqual(await verifyCheckpoint(path), [
    `${path}/config.yaml cannot be read: no such file or directory`,
    `${path}/model.safetensors is damaged: its SHA-256 has changed`,
    `${path}/state.json has 2 bytes instead of 16`,
  ]);
});

Deno.test("verifyCheckpoint() does not mind files that were added", async () => {
  using directory = temporaryDirectory();
  const { path } = await save(directory.path, 7);
  await Deno.writeTextFile(join(path, "notes.txt"), "the good one");
  assert.deepEqual(await verifyCheckpoint(path), []);
});

Deno.test("readManifest() refuses what is missing, damaged or newer", async () => {
  using directory = temporaryDirectory();
  const path = directory.path;
  const refuses = async (message: RegExp) =>
    await assert.rejects(
      readManifest(path),
      (error: Error) =>
        error instanceof CheckpointError && error.message.includes(path) &&
        message.test(error.message),
    );
  await refuses(/manifest.json is missing: it was never finished/);

  const file = join(path, "manifest.json");
  await Deno.writeTextFile(file, "[]");
  await refuses(/manifest.json is damaged/);

  const sha256 = "0".repeat(64);
  const good = formatManifest({
    step: 3,
    created: "2026-01-01T00:00:00.000Z",
    versions: { torch: "2.11.0" },
    files: [{ name: "b", size: 2, sha256 }, { name: "a", size: 1, sha256 }],
  });
  await Deno.writeTextFile(file, good);
  const manifest = await readManifest(path);
  assert.deepEqual(manifest.files.map(({ name }) => name), ["a", "b"]);

  await Deno.writeTextFile(file, good.replace('"step": 3', '"step": 4'));
  await refuses(/manifest.json is damaged/);

  const newer = { ...manifest, format_version: 2, added: true };
  const toText = (manifest_sha256: string) =>
    JSON.stringify({ ...newer, manifest_sha256 }, null, 2) + "\n";
  const digest = createHash("sha256").update(toText(sha256)).digest("hex");
  await Deno.writeTextFile(file, toText(digest));
  await refuses(
    /it has format 2 and this version of moebius reads up to 1: up/,
  );

  await Deno.remove(file);
  await Deno.mkdir(file);
  await refuses(/manifest.json: it is a directory/);
});

Deno.test("readManifest() refuses a file name that leads out of the directory", async () => {
  using directory = temporaryDirectory();
  const sha256 = "0".repeat(64);
  for (const name of ["../a", "/etc/passwd", "a/b", "..", "manifest.json"]) {
    await Deno.writeTextFile(
      join(directory.path, "manifest.json"),
      formatManifest({
        step: 3,
        created: "2026-01-01T00:00:00.000Z",
        versions: {},
        files: [{ name, size: 2, sha256 }],
      }),
    );
    await assert.rejects(readManifest(directory.path), /is damaged/);
  }
});
