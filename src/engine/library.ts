/** What the engine offers by itself, the same on every device: graphs, gradients, ONNX, programs and AdamW. */

export { type ErrorCode, L3MaskingError } from "../base/errors.js";
export { type Random, randomStream } from "../base/random.js";
export { type Builder, type CrossEntropy, createBuilder } from "./graph/builder.js";
export { gradientsOf } from "./graph/grad.js";
export type { ElementType, GraphOutputs, Tensor } from "./graph/graph.js";
export type { NdArray, OnnxTarget, OpAttributes, OpName } from "./graph/op.js";
export { interpret } from "./graph/reference.js";
export type { Shape, Size, SizeBindings } from "./graph/shape.js";
export { type OnnxModel, toOnnx } from "./onnx/export.js";
export { selfContainedOnnx } from "./onnx/self-contained.js";
export {
  type AdamwSettings,
  adamwGraph,
  adamwScalars,
  type GroupRates,
  normGraph,
  type OptimizedTensor,
  optimizerNames,
} from "./optimizer/optimizer-graph.js";
export {
  createTrainer,
  type Trainer,
  type TrainerSettings,
  type TrainingStep,
} from "./optimizer/trainer.js";
export {
  compileProgram,
  type Feeds,
  type FlatArray,
  type MixedFeeds,
  type Program,
} from "./program.js";
export type {
  ArrayValue,
  DeviceOptions,
  HeldArray,
  NamedArrays,
  RunOutputs,
  Runtime,
  Session,
} from "./runtime/runtime.js";
