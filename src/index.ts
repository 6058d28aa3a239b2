/** The parts of the package that need neither Node nor a runtime: pure functions over texts, scores and labels. */

export { type ErrorCode, errorCodes, L3MaskingError } from "./base/errors.js";
export { type Random, randomStream } from "./base/random.js";
export { checkDataset } from "./data/check/check.js";
export { formatCheck } from "./data/check/check-text.js";
export { type FileFormat, fileKind } from "./data/formats/formats.js";
export { type ParsedFile, parseRecords } from "./data/formats/parse.js";
export type { TextRecord } from "./data/formats/record.js";
export { type KnownDataset, knownDatasets } from "./data/known/known-datasets.js";
export type { Estimator, TokenScores } from "./method/likelihood/estimators.js";
export { parseEstimator, type ScoringRow, scoringRows } from "./method/likelihood/estimators.js";
export { type CorruptionOptions, type MaskedText, maskTokens } from "./method/masking/corrupt.js";
export {
  createStrategy,
  type MaskingRule,
  type MaskingSettings,
} from "./method/masking/probabilities.js";
export type { Selection } from "./method/masking/select.js";
export { type StrategyName, strategies } from "./method/masking/strategies/strategies.js";
export type { MaskingStrategy } from "./method/masking/strategies/strategy.js";
export type { MaskProbabilities } from "./method/masking/tokens.js";
export { type ClassificationMetrics, classificationMetrics } from "./results/metrics/metrics.js";
export type { Encoding, SpecialIds, Tokenizer } from "./text/encoding.js";
export { createTokenizer, type TokenizerOptions } from "./text/tokenizer.js";
export { type TokenizerFiles, tokenizerFileNames } from "./text/tokenizer-json.js";
