/**
 * Data: text to token shards, and shards to batches. Works without libtorch.
 *
 * @module
 */

export {
  type BigramBaseline,
  bigramBaseline,
  type BigramOptions,
} from "./bigram.ts";
export { type CorpusDocument, loadCorpus } from "./corpus.ts";
export { type DatasetRequest, prepareDataset } from "./dataset.ts";
export {
  BatchLoader,
  type BatchLoaderOptions,
  type LoaderState,
} from "./loader.ts";
export type {
  Manifest,
  ShardEntry,
  SourceEntry,
  Split,
  SplitEntry,
} from "./manifest.ts";
export {
  type PreparedDataset,
  type PrepareOptions,
  type PrepareProgress,
} from "./prepare.ts";
export {
  openShards,
  type OpenShardsOptions,
  type TokenPart,
  TokenSequence,
  type TokenSequenceOptions,
  type TokenShards,
} from "./shards.ts";
export {
  openTokenFiles,
  type OpenTokenFilesOptions,
  type TokenLayout,
} from "./token_files.ts";
export {
  type DocumentOptions,
  documents,
  type SourceFile,
  type TextPiece,
} from "./sources.ts";
