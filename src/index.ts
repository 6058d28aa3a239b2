/** The parts of the package that need neither Node nor a runtime: pure functions over texts, scores and labels. */
export { checkDataset } from "./data/check.js";
export { formatCheck } from "./data/check-text.js";
export { type FileFormat, fileKind } from "./data/formats.js";
export { type KnownDataset, knownDatasets } from "./data/known-datasets.js";
export { type ParsedFile, parseRecords } from "./data/parse.js";
export type { TextRecord } from "./data/record.js";
export { type ErrorCode, errorCodes, L3MaskingError } from "./errors.js";
export { parseEstimator, type ScoringRow, scoringRows } from "./likelihood/estimators.js";
export type { Estimator, TokenScores } from "./likelihood/scores.js";
export { type CorruptionOptions, type MaskedText, maskTokens } from "./masking/corrupt.js";
export type { Selection } from "./masking/select.js";
export {
  createStrategy,
  type MaskingSettings,
  type MaskingStrategy,
  type StrategyName,
  strategyNames,
} from "./masking/strategy.js";
export type { MaskProbabilities } from "./masking/tokens.js";
export { type Random, randomStream } from "./random.js";
export { type ClassificationMetrics, classificationMetrics } from "./report/metrics.js";
export type { Encoding, SpecialIds, Tokenizer } from "./text/encoding.js";
export { createTokenizer, type TokenizerOptions } from "./text/tokenizer.js";
export { type TokenizerFiles, tokenizerFileNames } from "./text/tokenizer-json.js";
