/**
 * Settings of hubs from the environment, under the names of Hugging Face's own tools.
 *
 * @module
 */

import { homedir } from "node:os";
import { join } from "node:path";

/** Hub, token and cache folder. */
export interface HubSettings {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  /** The access token; undefined for anonymous requests. */
  readonly token: string | undefined;
  /** The folder of downloaded files that all of Hugging Face's tools share. */
  readonly cacheDir: string;
  /** Whether to use only local copies, without the network. */
  readonly offline: boolean;
}

/**
 * Reads the settings from the environment: `HF_ENDPOINT`, `HF_TOKEN` (or what
 * `hf auth login` has saved), `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE`.
 *
 * @returns The settings.
 * @throws {TypeError} If `HF_ENDPOINT` is no address.
 *
 * @example
 * ```ts
 * import { hubSettings } from "./settings.ts";
 *
 * const { endpoint, cacheDir } = await hubSettings();
 * console.log(endpoint, cacheDir);
 * ```
 */
export async function hubSettings(): Promise<HubSettings> {
  const { getHFHubCachePath, HUB_URL } = await import("@huggingface/hub");
  return {
    endpoint: endpointOf(Deno.env.get("HF_ENDPOINT")?.trim() || HUB_URL),
    token: Deno.env.get("HF_TOKEN")?.trim() || await savedToken(),
    cacheDir: getHFHubCachePath(),
    offline: /^(1|on|yes|true)$/i.test(Deno.env.get("HF_HUB_OFFLINE") ?? ""),
  };
}

function endpointOf(address: string): string {
  if (/^https?:$/.test(URL.parse(address)?.protocol ?? "")) {
    return address.replace(/\/+$/, "");
  }
  throw new TypeError(
    `Cannot use HF_ENDPOINT ${
      JSON.stringify(address)
    }: expected the address of a hub, such as https://huggingface.co`,
  );
}

async function savedToken(): Promise<string | undefined> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  const home = Deno.env.get("HF_HOME") ?? join(cache, "huggingface");
  const path = Deno.env.get("HF_TOKEN_PATH") ?? join(home, "token");
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.trim() || undefined;
}
