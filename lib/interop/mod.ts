/**
 * Models to and from LitGPT and Hugging Face, without libtorch: tensors are
 * copied from file to file, one at a time, and nothing in a file is executed.
 *
 * - `planImport` reads and checks, `writeImport` writes
 * - `readCheckpoint` reads and checks, `exportLitGpt` and `exportHuggingFace` write
 * - `torch_file.ts`, `unpickle.ts` read what `torch.save` wrote; `torch_file_writer.ts` writes it
 * - `hugging_face_names.ts`, `hugging_face_config.ts` what transformers calls the tensors and the settings of a
 *   model, and `hugging_face_kind.ts` which of its models are the same as ours
 * - `stored_tensor.ts` tensors that lie in files
 *
 * @module
 */

export type { ExportDtype } from "./_dtypes.ts";
export {
  type CheckpointSource,
  type CheckpointTraining,
  readCheckpoint,
} from "./checkpoint_source.ts";
export {
  type Exported,
  exportHuggingFace,
  type HuggingFaceExportOptions,
} from "./hugging_face_export.ts";
export {
  type ImportedTraining,
  type ImportPlan,
  writeImport,
  type WriteImportOptions,
  type WrittenImport,
} from "./import_plan.ts";
export { exportLitGpt, type LitGptExportOptions } from "./litgpt_export.ts";
export { isImported } from "./hugging_face_source.ts";
export type { LitGptOptions } from "./litgpt_source.ts";
export type { MappedTensor, NamedTensors, OnBytes } from "./named_tensors.ts";
export { planImport, type PlanOptions } from "./plan_import.ts";
export {
  DTYPE_BITS,
  type SafetensorsDtype,
} from "../checkpoint/safetensors_dtypes.ts";
export type { Extent, StoredTensor } from "./stored_tensor.ts";
export { openTorchFile, type TorchFile } from "./torch_file.ts";
export type {
  PickledGlobal,
  PickleDict,
  PickledStorage,
  PickledTensor,
  PickleValue,
} from "./pickle_values.ts";
export { unpickle } from "./unpickle.ts";
export type { CheckpointTokenizer, TokenizerFile } from "./_tokenizer_files.ts";
