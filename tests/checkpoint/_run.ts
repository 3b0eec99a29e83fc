import { join } from "node:path";
import type { DurableFileSystem } from "../../lib/files/atomic.ts";
import {
  type CheckpointDraft,
  openCheckpointStore,
  type PublishedCheckpoint,
} from "../../lib/checkpoint/store.ts";
import { checkpointName } from "../../lib/checkpoint/names.ts";

/** A directory for one test, removed at its end. */
export function temporaryDirectory(): { path: string } & Disposable {
  const path = Deno.makeTempDirSync();
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Adds the files of a small checkpoint, different at every step. */
export async function writeExample(
  draft: CheckpointDraft,
  step: number,
): Promise<void> {
  const weights = Uint8Array.from({ length: 400 }, (_, i) => i * step);
  await draft.writeTensors("model.safetensors", [
    { name: "a", dtype: "F32", shape: [10], bytes: weights.subarray(0, 40) },
    { name: "b", dtype: "U8", shape: [360], bytes: weights.subarray(40) },
  ]);
  await draft.writeJson("state.json", { step });
  // Something that does not go through the draft, as a library might.
  await Deno.writeTextFile(join(draft.path, "config.yaml"), `step: ${step}\n`);
}

/** Opens the store, saves one checkpoint, and closes it. */
export async function save(
  outDir: string,
  step: number,
  options: { name?: string; fs?: DurableFileSystem; keepLast?: number } = {},
): Promise<PublishedCheckpoint> {
  const { name = checkpointName(step), ...storeOptions } = options;
  using store = await openCheckpointStore(outDir, storeOptions);
  return await store.publish(name, (draft) => writeExample(draft, step), {
    step,
    versions: { moebius: "0.0.0" },
  });
}

/** Names in a directory, sorted. */
export function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}
