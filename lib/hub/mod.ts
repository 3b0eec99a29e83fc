/**
 * Hugging Face hubs: files of models and data sets by name. Works without
 * libtorch.
 *
 * Environment variables set the hub, the token and the cache folder:
 * `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE`
 * mean what they mean to Hugging Face's own tools, and the cache is the same.
 *
 * @module
 */

export {
  downloadFile,
  type DownloadProgress,
  downloadRepository,
  type HubOptions,
} from "./download.ts";
export { HubError, type HubErrorReason } from "./error.ts";
export type { HubRepository } from "./repository.ts";
export { type HubSettings, hubSettings } from "./settings.ts";
export {
  checkUpload,
  uploadDirectory,
  type UploadOptions,
  type UploadResult,
} from "./upload.ts";
