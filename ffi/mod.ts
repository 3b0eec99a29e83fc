/**
 * libtorch for TypeScript: tensors, every operator, autograd, devices and CUDA graphs.
 *
 * @module
 */

export * from "./attention.ts";
export * from "./autograd.ts";
export * from "./call.ts";
export * from "./create.ts";
export * from "./cuda.ts";
export {
  type Device,
  type DType,
  DTYPES,
  elementSize,
  type TypedArray,
} from "./dtype.ts";
export { TorchError, type TorchErrorKind } from "./error.ts";
export { type BuildInfo, buildInfo } from "./library.ts";
export {
  InterruptedError,
  InterruptWatch,
  protectFromInterrupt,
  raiseOnInterrupt,
  takeInterrupt,
} from "./interrupt.ts";
export { MappedFile } from "./mapped_file.ts";
export * from "./random.ts";
export * from "./runtime.ts";
export * from "./scope.ts";
export * from "./setup/mod.ts";
export { Tensor } from "./tensor.ts";
export type { TensorOperators } from "./tensor_operators.ts";
export type { MemoryFormat, Operators, Scalar } from "./operators.generated.ts";
