/** The inputs of a training run: the model, the labelled texts by split, and unlabelled texts for the auxiliary task. */
import { L3MaskingError } from "../../base/errors.js";
import { counted } from "../../base/figures.js";
import type { Folds } from "../../data/folds.js";
import {
  AUTO,
  autoCandidates,
  hasAuxiliaryTask,
  isLinear,
  masksTokens,
} from "../../method/methods.js";
import type { Encoding } from "../../text/encoding.js";
import type { PlacedTrainSettings } from "../folder/named-folder.js";
import type { Host, NoticeEvent } from "../host/host.js";
import { checkMemory, type MemoryCheck } from "../memory/memory-check.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { GeneralTexts } from "../sources/general-texts.js";
import {
  type LabelledFiles,
  type LoadedDataset,
  labelledFiles,
  loadLabelledTexts,
} from "../sources/labelled-texts.js";
import { type LoadedModel, loadModel } from "../sources/model.js";
import { checkedMaxLength, hasMlmHead } from "../sources/model-facts.js";
import { type LoadedStrategy, loadOwnStrategy } from "../sources/own-strategy.js";
import type { EncodedUnlabelled } from "../sources/unlabelled-texts.js";
import { generalTexts, maskedTexts, unlabelledTexts } from "./auxiliary-texts.js";
import { requireFitting } from "./fitting.js";
import { foldCount, runFolds } from "./folds.js";
import { frozenLayersAgain } from "./frozen-notice.js";
import { dataSize, type FineTuneSettings, withRecipe } from "./recipe.js";

export interface RunInputs {
  /** Completed by the recipe for the data. */
  readonly settings: FineTuneSettings;
  readonly files: LabelledFiles;
  readonly model: LoadedModel;
  /** Read, split, checked and encoded. */
  readonly data: Omit<LoadedDataset<LoadedModel>, "model">;
  /** The training texts as the auxiliary task reads them. */
  readonly masked: readonly Encoding[];
  readonly unlabelled: EncodedUnlabelled | undefined;
  /** The strategy of the user's, where the method is to mask by it. */
  readonly own: LoadedStrategy | undefined;
  /** Where the method holds the texts against general ones. */
  readonly general: GeneralTexts | undefined;
  /** Of the training texts, where they are held out in turn. */
  readonly folds: Folds | undefined;
  /** The most tokens of a text. */
  readonly maxLength: number;
}

/** Loads and checks all of them. Throws what loading each of them throws. */
export async function loadInputs(given: PlacedTrainSettings, host: Host): Promise<RunInputs> {
  const files = await labelledFiles(given, host);
  const loaded = await loadModel(given.model, host);
  const maxLength = checkedMaxLength(given.maxLength, loaded.spec);
  let folds = 0;
  const crossValidates = (rows: number) => {
    folds = foldCount(given, files, rows);
    return folds > 0;
  };
  const reading = { ...given, maxLength, crossValidates };
  const { model, ...data } = await loadLabelledTexts(files, reading, loaded, host);
  const settings = { ...withRecipe(given, dataSize(data)), folds };
  if (settings.secondStage && settings.keep === "last") throw needsBest();
  checkMethod(settings, model, host);
  if (!isLinear(settings.method)) {
    host.emit(newHeads(settings.method, model, data.labels.length));
    const again = frozenLayersAgain(settings, model.spec, data.encodings.train);
    if (again !== undefined) host.emit(again);
  }
  const masked = maskedTexts(settings, data, model.tokenizer, maxLength);
  const unlabelled = await unlabelledTexts(settings, data, model.tokenizer, host);
  const own = await loadOwnStrategy(settings.strategy, [settings.method]);
  const general = await generalTexts(settings, [settings.method], model.tokenizer, host);
  const dealt = folds > 0 ? runFolds(data, folds, given.splitSeed) : undefined;
  return {
    settings,
    files,
    model,
    data,
    masked,
    unlabelled,
    general,
    own,
    folds: dealt,
    maxLength,
  };
}

/** Throws what `requireFitting` throws, and names settings without effect. */
function checkMethod(settings: TrainSettings, model: LoadedModel, host: Host): void {
  requireFitting(settings, model);
  const { method } = settings;
  if (hasAuxiliaryTask(method)) return;
  if (settings.taskWeights === "meta") host.emit(oneTask("--task-weights meta", method));
  if (settings.sharedPass) host.emit(oneTask("--shared-pass", method));
}

function needsBest(): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    "expected --keep best with --second-stage, which goes on from the best weights, got --keep last",
    { hint: "Leave one of the two out." },
  );
}

function oneTask(flag: string, method: string): NoticeEvent {
  return { type: "notice", level: "info", text: `${method} has one task: ${flag} has no effect` };
}

function newHeads(method: string, model: LoadedModel, labels: number): NoticeEvent {
  const lacksMlmHead = masksTokens(method) && !hasMlmHead(model);
  const masked = lacksMlmHead ? "a masked-LM head and " : "";
  const added = `adds ${masked}a classification head for ${counted(labels, "label")}`;
  const text = lacksMlmHead
    ? `${added}; the checkpoint has no masked-LM head, and l3masking pretrain --model ${model.folder} grows one on plain text`
    : added;
  return { type: "notice", level: "info", text };
}

/** The memory that fine-tuning needs, and what was available before its inputs were loaded; undefined where nothing is fine-tuned. */
export function inputsMemory(
  { settings, model, data, masked, unlabelled, general, maxLength }: RunInputs,
  available: ReturnType<Host["availableMemory"]>,
): MemoryCheck | undefined {
  if (isLinear(settings.method)) return undefined;
  const { train, dev } = data.encodings;
  const heldOut = dev.length === 0 ? train : dev;
  const run = {
    spec: model.spec,
    classes: data.labels.length,
    checkpointBytes: model.weightBytes,
    texts: {
      ...{ ...data.encodings, dev: heldOut, masked },
      ...{ unlabelled: unlabelled?.encodings ?? [], general: general?.encodings ?? [] },
    },
    settings: { ...settings, maxLength },
  };
  return checkMemory(run, available);
}

/** config.json of the run: every setting resolved, and what the run was made from. */
export function inputsRecord({ settings, model, data, unlabelled, general, own }: RunInputs) {
  return {
    settings,
    ...(model.origin && { model_origin: model.origin }),
    checkpoint_digest: model.digest,
    tokenizer_digest: model.tokenizer.digest,
    data_digest: data.digest,
    ...(settings.method === AUTO && { candidates: autoCandidates }),
    ...(unlabelled && { unlabelled_digest: unlabelled.digest }),
    ...(general && { general_digest: general.digest }),
    ...(own && { strategy_digest: own.digest }),
    labels: data.labels,
    rows: {
      train: data.train.texts.length,
      dev: data.dev.texts.length,
      test: data.test?.texts.length ?? 0,
      ...(unlabelled && { unlabelled: unlabelled.texts.length }),
    },
  };
}
