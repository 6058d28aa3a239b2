import { counted } from "../../base/figures.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { openScoreCache } from "../../method/likelihood/cache.js";
import type { ScoreScope } from "../../method/likelihood/cache-record.js";
import type { Estimator, TokenScores } from "../../method/likelihood/estimators.js";
import { isExact, parseEstimator, scoringCost } from "../../method/likelihood/estimators.js";
import { rankAgreement } from "../../method/likelihood/rank-correlation.js";
import { scoreTexts } from "../../method/likelihood/score.js";
import { tokenPredictor } from "../../method/likelihood/token-predictor.js";
import {
  compileTokenLikelihood,
  type LikelihoodOf,
  type TokenLikelihoodProgram,
} from "../../method/program/inference.js";
import type { Precision } from "../../method/program/quantized-weights.js";
import { type Checkpoint, loadCheckpoint } from "../../model/checkpoint/load.js";
import { formatLoadReport, furtherLayers } from "../../model/checkpoint/report.js";
import type { ParameterValues } from "../../model/parameters.js";
import { join } from "../../platform/paths.js";
import type { EstimatorReport } from "../../results/records/run-metrics.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import type { Host } from "../host/host.js";
import { readModel } from "./located-model.js";
import { requireMlmHead, requireTokenizerFits, weightsOf } from "./model-facts.js";
import type { ModelUse } from "./model-files.js";
import type { ModelSource } from "./model-source.js";
import { scoringTimeText, timedPredict } from "./scoring-time.js";

/** A checkpoint folder, checked: tokenizer, the lengths it can read, and its weights for who needs them. */
export interface LoadedModel extends Omit<Checkpoint, "values">, ModelSource {
  readonly tokenizer: Tokenizer;
  /** Bytes of the weights in float32. */
  readonly weightBytes: number;
  /** Nobody holds them in between: they are read again for who comes later. */
  weights(): Promise<ParameterValues>;
}

/**
 * Loads checkpoint and tokenizer and tells what was found. `name` is a folder or a repository of the hub. Throws
 * `checkpoint-config` if the tokenizer has ids that the model lacks, and what `readModel`, `loadCheckpoint` and
 * `loadTokenizer` throw.
 */
export async function loadModel(
  name: string,
  host: Host,
  use: ModelUse = "model",
): Promise<LoadedModel> {
  const { source, checkpoint, tokenizer } = await readModel(name, use, host, async (source) => {
    const { folder } = source;
    const checkpoint = await loadCheckpoint(folder);
    const tokenizer = await loadTokenizer(folder);
    requireTokenizerFits(tokenizer, checkpoint.spec, join(folder, "config.json"));
    return { source, checkpoint, tokenizer };
  });
  const { spec } = checkpoint;
  const size = `${spec.layers} layers x ${spec.hiddenSize}, vocabulary ${spec.vocabularySize}`;
  host.emit({
    type: "notice",
    level: "info",
    text: `model ${name} (${spec.family.name}, ${size})${placeOf(source)}\n${formatLoadReport(checkpoint.report)}`,
  });
  const further = furtherLayers(checkpoint.report, spec);
  if (further > 0) {
    const text = `${name} is used without ${counted(further, "layer")} that its weights have: its config.json says num_hidden_layers ${spec.layers}`;
    host.emit({ type: "notice", level: "warning", text });
  }
  const { values, ...rest } = checkpoint;
  return { ...rest, ...source, tokenizer, ...lentWeights(values, source.folder) };
}

/** The weights that were just read for the first who asks, and read again for others. */
function lentWeights(
  read: ParameterValues,
  folder: string,
): Pick<LoadedModel, "weights" | "weightBytes"> {
  let first: ParameterValues | undefined = read;
  return {
    weightBytes: [...read.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    async weights() {
      const values = first ?? (await loadCheckpoint(folder)).values;
      first = undefined;
      return values;
    },
  };
}

function placeOf({ folder, origin, shipped }: ModelSource): string {
  if (shipped) return ", shipped with l3masking";
  return origin === undefined ? "" : `\ncommit      ${origin.commit} in ${folder}`;
}

export interface ScoringSettings {
  readonly estimator: string;
  readonly maxLength: number;
  readonly scoringPrecision: Precision;
  readonly scoringTokens: number;
  readonly cacheDir?: string | undefined;
}

export interface ScoredTexts {
  /** In the order of the encodings. */
  readonly scores: readonly TokenScores[];
  /** Absent for an estimator that is exact, in float32. */
  readonly estimatorReport?: EstimatorReport;
}

/** Texts whose scores by a cheap estimator are held against the exact ones. */
const SAMPLE_TEXTS = 16;

/** What cheap estimators are held against. */
const EXACT = "pll-word-l2r";

/**
 * Token scores of encodings under a model, in their order. What is in the cache is not computed again; what is computed
 * is cached at once, so an interrupted run keeps what it has. For an estimator that is not exact, and in int8, the cost and
 * the rank correlation with `pll-word-l2r` in float32 on a sample of the texts are told and given back. With "any token" a score is the
 * log-likelihood to be expected at the token, minus the entropy there.
 *
 * Throws `checkpoint-tensor` if the checkpoint has no masked-LM head.
 */
export async function scoreEncodings(
  model: LoadedModel,
  encodings: readonly Encoding[],
  settings: ScoringSettings,
  runtime: Runtime,
  host: Host,
  of: LikelihoodOf = "the token",
): Promise<ScoredTexts> {
  requireMlmHead(model);
  const estimator = parseEstimator(settings.estimator);
  const precision = settings.scoringPrecision;
  const values = await model.weights();
  const open = (chosen: Precision) =>
    compileTokenLikelihood(runtime, model.spec, { fixed: weightsOf(values) }, chosen, of);
  const program = await open(precision);
  let exactProgram: TokenLikelihoodProgram | undefined;
  try {
    const scores = await scoreWith(program, model, encodings, estimator, settings, host, of);
    if (isExact(estimator) && precision === "float32") return { scores };
    const sample = evenSample(encodings.length, SAMPLE_TEXTS);
    const texts = sample.map((index) => encodings[index]);
    exactProgram = precision === "float32" ? program : await open("float32");
    const exactly: ScoringSettings = { ...settings, scoringPrecision: "float32" };
    const exact = await scoreWith(exactProgram, model, texts, EXACT, exactly, host, of);
    const estimated = sample.map((index) => scores[index]);
    const agreement = rankAgreement(exact, estimated);
    const estimatorReport: EstimatorReport = {
      estimator,
      precision,
      exact: EXACT,
      model_tokens: scoringCost(encodings, estimator),
      exact_model_tokens: scoringCost(encodings, EXACT),
      sample_texts: agreement.texts,
      spearman: agreement.pooled ?? null,
      spearman_within_text: agreement.withinText ?? null,
    };
    host.emit({ type: "notice", level: "info", text: reportText(estimatorReport) });
    return { scores, estimatorReport };
  } finally {
    await program.dispose();
    if (exactProgram !== program) await exactProgram?.dispose();
  }
}

interface ScoringDigests {
  readonly checkpoint_digest: string;
  readonly tokenizer_digest: string;
}

/** The parts of the cache that `scoreEncodings` reads and fills for a model of these digests. */
export function scoreScopes(
  digests: ScoringDigests,
  settings: ScoringSettings,
  of: LikelihoodOf,
): ScoreScope[] {
  const estimator = parseEstimator(settings.estimator);
  const exactly = { ...settings, scoringPrecision: "float32" } as const;
  return [scoreScope(digests, estimator, settings, of), scoreScope(digests, EXACT, exactly, of)];
}

/** The scores of all texts, where the cache has them. */
export async function cachedScores(
  { digest, tokenizer }: Pick<LoadedModel, "digest" | "tokenizer">,
  encodings: readonly Encoding[],
  settings: ScoringSettings,
  host: Host,
): Promise<readonly TokenScores[] | undefined> {
  const digests = { checkpoint_digest: digest, tokenizer_digest: tokenizer.digest };
  const scope = scoreScope(digests, parseEstimator(settings.estimator), settings, "the token");
  const cache = openScoreCache(settings.cacheDir ?? host.cacheFolder, scope);
  try {
    const scores: TokenScores[] = [];
    for (const encoding of encodings) {
      const known = await cache.get(encoding);
      if (known === undefined) return undefined;
      scores.push(known);
    }
    return scores;
  } finally {
    cache.close();
  }
}

function scoreScope(
  { checkpoint_digest: digest, tokenizer_digest: tokenizerDigest }: ScoringDigests,
  estimator: Estimator,
  { scoringPrecision, maxLength }: ScoringSettings,
  of: LikelihoodOf,
): ScoreScope {
  const precise = scoringPrecision === "float32" ? digest : `${digest} in int8`;
  const checkpointDigest = of === "the token" ? precise : `${precise} of ${of}`;
  return { checkpointDigest, tokenizerDigest, estimator, maxLength };
}

/** Scores by one estimator, through its part of the cache. */
async function scoreWith(
  program: TokenLikelihoodProgram,
  { spec, tokenizer, digest }: LoadedModel,
  encodings: readonly Encoding[],
  estimator: Estimator,
  settings: ScoringSettings,
  host: Host,
  of: LikelihoodOf,
): Promise<TokenScores[]> {
  const digests = { checkpoint_digest: digest, tokenizer_digest: tokenizer.digest };
  const scope = scoreScope(digests, estimator, settings, of);
  const cache = openScoreCache(settings.cacheDir ?? host.cacheFolder, scope);
  if (cache.ignoredBytes > 0) {
    const text = `likelihood cache ${cache.folder}: ignoring ${cache.ignoredBytes} bytes of incomplete records; their texts are scored again`;
    host.emit({ type: "notice", level: "warning", text });
  }
  let missing: number | undefined;
  const tellTime = (secondsPerToken: number) => {
    const seconds = secondsPerToken * scoringCost(encodings, estimator) * (missing ?? 1);
    const text = scoringTimeText(seconds, encodings.length, estimator);
    if (text !== undefined) host.emit({ type: "notice", level: "info", text });
  };
  try {
    return await scoreTexts(encodings, {
      estimator,
      maskId: tokenizer.special.mask,
      predict: timedPredict(tokenPredictor(program, spec), host.now, tellTime),
      tokenBudget: settings.scoringTokens,
      cache,
      signal: {
        get aborted() {
          return host.cancelled();
        },
      },
      onProgress({ doneTokens, totalTokens, cachedTexts }) {
        missing ??= 1 - doneTokens / totalTokens;
        const detail = cachedTexts > 0 ? { detail: `${cachedTexts} texts from the cache` } : {};
        host.emit({
          type: "progress",
          task: "scoring",
          done: doneTokens,
          total: totalTokens,
          unit: "tokens",
          ...detail,
        });
      },
    });
  } finally {
    cache.close();
  }
}

/** At most `size` indices, evenly spread over 0 .. count-1. */
function evenSample(count: number, size: number): number[] {
  const taken = Math.min(count, size);
  return Array.from({ length: taken }, (_, index) => Math.floor((index * count) / taken));
}

function reportText(report: EstimatorReport): string {
  const rho = (value: number | null) => (value === null ? "undefined" : value.toFixed(3));
  const { model_tokens: cost, exact_model_tokens: exactCost } = report;
  // Texts without a token to score cost nothing either way.
  const share = exactCost === 0 ? "100.0" : ((100 * cost) / exactCost).toFixed(1);
  return [
    `estimator ${report.estimator}${report.precision === "float32" ? "" : ` in ${report.precision}`} against ${report.exact} on ${report.sample_texts} texts: Spearman ${rho(report.spearman)} over all tokens, ${rho(report.spearman_within_text)} within texts`,
    ...(cost === exactCost
      ? []
      : [
          `cost of all texts: ${share} % of the exact estimator's (${cost} instead of ${exactCost} tokens through the model)`,
        ]),
  ].join("\n");
}
