/**
 * What every step of a download or an upload needs to know.
 *
 * @module
 */

import {
  checkRepository,
  describeRepository,
  type HubRepository,
} from "./repository.ts";
import { type HubSettings, hubSettings } from "./settings.ts";

/** How far a download or an upload has come. */
export interface DownloadProgress {
  /** The file that is under way, as the repository names it. */
  path: string;
  /** Bytes done, those of earlier attempts included. */
  bytes: number;
  /** Bytes in all. */
  totalBytes: number;
}

/** Options of downloads and uploads. */
export interface HubOptions {
  /** Which hub, as whom, and where to keep copies. Default: what the environment says. */
  settings?: HubSettings;
  /** Called with every piece that is done. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Told what a user should know, such as that a cached copy is used. Default: nobody is. */
  onNotice?: (text: string) => void;
  /** Stops it; what a download has brought is kept for the next time. */
  signal?: AbortSignal;
  /** Milliseconds before a failed request is repeated; they double each time. Default 500. */
  retryDelayMs?: number;
  /** Milliseconds without a byte after which a request has failed. Default 60,000. */
  timeoutMs?: number;
}

/** The options of a download or an upload, filled in. */
export interface Context {
  repository: HubRepository;
  settings: HubSettings;
  /** The hub's name in messages: "huggingface.co". */
  host: string;
  /** What is wanted, in messages: "config.json of the model x/y". */
  subject: string;
  /** What is done with it, in messages. */
  verb: "download" | "upload";
  onProgress: (progress: DownloadProgress) => void;
  onNotice: (text: string) => void;
  signal: AbortSignal | undefined;
  retryDelayMs: number;
  timeoutMs: number;
}

/** Fills in the options of a download or an upload. */
export async function contextOf(
  repository: HubRepository,
  { path, verb = "download", ...options }: HubOptions & {
    path?: string;
    verb?: Context["verb"];
  },
): Promise<Context> {
  checkRepository(repository, verb);
  const settings = options.settings ?? await hubSettings();
  const name = describeRepository(repository);
  return {
    repository,
    settings,
    host: new URL(settings.endpoint).host,
    subject: path === undefined ? name : `${path} of ${name}`,
    verb,
    onProgress: options.onProgress ?? (() => {}),
    onNotice: options.onNotice ?? (() => {}),
    signal: options.signal,
    retryDelayMs: options.retryDelayMs ?? 500,
    timeoutMs: options.timeoutMs ?? 60_000,
  };
}
