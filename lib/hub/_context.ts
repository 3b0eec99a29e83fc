/**
 * The options that every step of a download or an upload uses.
 *
 * @module
 */

import {
  checkRepository,
  describeRepository,
  type HubRepository,
} from "./repository.ts";
import { type HubSettings, hubSettings } from "./settings.ts";

/** Progress of a download or an upload. */
export interface DownloadProgress {
  /** The current file, by its name in the repository. */
  path: string;
  /** Bytes done, including those of earlier attempts. */
  bytes: number;
  /** Total bytes. */
  totalBytes: number;
}

/** Options of downloads and uploads. */
export interface HubOptions {
  /** Hub, token and cache folder. Default: the settings of the environment. */
  settings?: HubSettings;
  /** Called after every piece. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Called with messages for the user, such as that a cached copy is used. Default: none. */
  onNotice?: (text: string) => void;
  /** Stops the transfer; a partial download is kept, so that the next call resumes it. */
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
  /** The object of the transfer, in messages: "config.json of the model x/y". */
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
