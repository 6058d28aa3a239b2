/** The package in a browser: open a model from its files, score, train and predict, in a page or worker, on its devices. */

export { type ErrorCode, L3MaskingError } from "./base/errors.js";
export type { StepEvent } from "./method/train/events.js";
export type { Prediction } from "./results/records/predictions.js";
export type { NoticeEvent, ProgressEvent, RunEvent } from "./run/host/host.js";
export {
  type BrowserDevice,
  type OpenOptions,
  openClassifier,
  openModel,
} from "./run/in-memory/browser.js";
export { fetchModel } from "./run/in-memory/fetched.js";
export type { ModelFiles } from "./run/in-memory/model.js";
export type {
  MemoryScoreSettings,
  MemoryWatch,
  OpenedClassifier,
  OpenedModel,
  TrainedClassifier,
} from "./run/in-memory/open.js";
export type { MemoryTrainSettings } from "./run/in-memory/settings.js";
export type { LabelledTexts, MemoryTexts } from "./run/in-memory/training.js";
export type { TextScores } from "./run/inference/text-scores.js";
