import { createHash } from "node:crypto";
import { join } from "node:path";
import type {
  HubErrorReason,
  HubOptions,
  HubSettings,
} from "../../lib/hub/mod.ts";
import { HubError } from "../../lib/hub/mod.ts";
import { type FakeHub, startHub } from "./_server.ts";

/** The data set of most tests. */
export const STORIES = { type: "dataset", name: "ann/stories" } as const;

/** Some bytes that no compression and no mistake in an offset leaves alike. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** SHA-256, hexadecimal. */
export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A hub, a folder, and options that use both and do not wait. */
export interface Place {
  hub: FakeHub;
  folder: string;
  settings: HubSettings;
  options: HubOptions & { settings: HubSettings };
}

/** Runs a test body with a hub and a folder of its own. */
export async function withHub(
  body: (place: Place) => Promise<void>,
  options: { token?: string } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "moebius-hub-" });
  try {
    await using hub = await startHub(options);
    const settings: HubSettings = {
      endpoint: hub.endpoint,
      token: undefined,
      cacheDir: join(folder, "cache"),
      offline: false,
    };
    await body({
      hub,
      folder,
      settings,
      options: { settings, retryDelayMs: 1 },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** For `assert.rejects`: a HubError of a reason, whose message fits. */
export function hubError(reason: HubErrorReason, message: RegExp) {
  return (error: unknown) => {
    if (!(error instanceof HubError)) throw error;
    if (error.reason === reason && message.test(error.message)) return true;
    throw new Error(`got ${error.reason}: ${error.message}`);
  };
}

/** All files below a folder, as paths in it, sorted. */
export async function filesIn(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(join(folder, below))) {
    const path = join(below, entry.name);
    if (entry.isDirectory) found.push(...await filesIn(folder, path));
    else found.push(path);
  }
  return found.sort();
}
