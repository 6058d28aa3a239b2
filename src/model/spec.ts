/** What a model is: its numbers, its family, and what its graph is built with. */
import type { Builder } from "../engine/graph/builder.js";
import type { Tensor } from "../engine/graph/graph.js";
import type { Shape } from "../engine/graph/shape.js";
import type { SpecialNames } from "../text/special-tokens.js";
import type { Parameter } from "./parameters.js";

/** A model as config.json describes it. */
export interface ModelSpec {
  readonly family: ModelFamily;
  readonly vocabularySize: number; // V
  readonly hiddenSize: number; // H
  /** E, of the word embeddings and of what the masked-LM head decodes; H where absent. */
  readonly embeddingSize?: number;
  readonly layers: number;
  readonly heads: number; // A
  readonly intermediateSize: number; // F
  readonly maxPositions: number; // rows of the position table
  readonly typeVocabularySize: number; // 0: no token types
  readonly layerNormEpsilon: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  /** Of the classification head; `hiddenDropout` where absent. */
  readonly classifierDropout?: number;
  readonly initializerRange: number;
  /** Whose hidden states the classification head reads: those of a text's first token, or their mean; the first's where absent. */
  readonly pooling?: "first" | "mean";
  /** Which layers see a part of the text only, and how positions turn queries and keys. */
  readonly windows?: AttentionWindows;
  readonly padId: number;
  /** Position id of a row's first token; see `ModelFamily.positions`. */
  readonly firstPosition: number;
  /** Label names by id, if the checkpoint is a classifier. */
  readonly labels: readonly string[] | undefined;
  /** Does the classifier give a text several labels, or none? */
  readonly severalLabels?: boolean;
  /** `problem_type`, where that is no classification. */
  readonly otherProblem?: string;
  /** Where texts are read in pairs: the id of the token that closes either. */
  readonly pairSeparator?: number;
}

/** Attention of layers that see a window of the text, and of those that see all of it. */
export interface AttentionWindows {
  /** Of each layer, whether it sees a window. */
  readonly local: readonly boolean[];
  /** Slots that it sees to either side. */
  readonly reach: number;
  /** Bases of the rotary angles. */
  readonly localBase: number;
  readonly globalBase: number;
}

/** E: how wide the rows of the word embeddings are. */
export function embeddingSize({ embeddingSize, hiddenSize }: ModelSpec): number {
  return embeddingSize ?? hiddenSize;
}

/** What a family's own part of config.json says. */
export type ModelSizes = Omit<
  ModelSpec,
  "family" | "firstPosition" | "labels" | "severalLabels" | "otherProblem" | "pairSeparator"
>;

/**
 * A family of encoders, in a file of its own in `families/`: how its checkpoints are read and written, and its graph.
 *
 * Legend: T slots, U distinct tokens, K read slots, H hidden size, B texts, C classes.
 */
export interface ModelFamily {
  /** `model_type` in config.json. */
  readonly name: string;
  /** What names of the body's stored parameters begin with, before a dot. */
  readonly storedPrefix: string;
  /** Other values of `model_type` for the same computation. */
  readonly aliases: readonly string[];
  /** For people: "BERT". */
  readonly title: string;
  /** What its classes in transformers begin with: "Bert". */
  readonly classPrefix: string;
  /** Special tokens that its tokenizers have. */
  readonly specialNames: SpecialNames;
  /** Position ids: from 0, or from the id after that of padding, which padding itself has. */
  readonly positions: "from zero" | "after padding";
  /** Do other programs feed it `token_type_ids`, 1 for the second text of a pair? */
  readonly tokenTypes: boolean;
  /** How many closing tokens stand between the texts of a pair. */
  readonly pairSeparators: number;
  /** Numbers of a model that is made anew. */
  readonly newModel: Pick<ModelSpec, "typeVocabularySize" | "layerNormEpsilon">;

  /** The sizes in a parsed config.json. Throws `checkpoint-config` for what is not this family's computation. */
  readConfig(json: unknown, where: string): ModelSizes;
  /** The way back; `labels` are the entries of a classifier's labels. */
  configEntries(
    spec: ModelSpec,
    labels: Readonly<Record<string, unknown>>,
  ): Record<string, unknown>;
  /**
   * Stored names, or beginnings of them, by the canonical one, where they are not that one behind the prefix. A `*` in both
   * is the number of a layer.
   */
  readonly storedNames: Readonly<Record<string, string>>;
  /** Stored name of the masked-LM decoder, a second copy of tied parameters: read, compared, never written. */
  readonly tiedDecoder: string;

  bodyParameters(spec: ModelSpec): readonly Parameter[];
  mlmHeadParameters(spec: ModelSpec): readonly Parameter[];
  classificationHeadParameters(spec: ModelSpec, classes: number): readonly Parameter[];

  /** What the first layer reads, [T, H] or [U, H]. Inputs (int32): `ids` and `positions` [size]. */
  embeddings(context: ModelContext, size: "R*S" | "U"): Tensor;
  /**
   * How attention of each layer, by its number, sees the slots of a row, of [R, 1, S, S] with 0 within a text and a large negative
   * score elsewhere; that alone where absent.
   */
  attentionViews?(context: ModelContext, sameText: Tensor): (layer: number) => AttentionView;
  /** One layer, with the output of every slot [T, H] or of the read ones [K, H]. */
  layer(context: ModelContext, place: LayerPlace, input: Tensor, view: AttentionView): Tensor;
  /** Pooled hidden states of the texts [B, H] -> what `classification.out` makes logits of [B, H]. */
  classificationFeatures(context: ModelContext, first: Tensor): Tensor;
  /** Hidden states of selected tokens [K, H] -> what is multiplied with the word embeddings [K, E]. */
  mlmTransform(context: ModelContext, selected: Tensor): Tensor;
}

/** What attention adds to its scores. */
export interface AttentionView {
  /** [R or 1, A or 1, S, S] */
  readonly bias: Tensor;
  /** Base of the angles by which queries and keys are turned; they are not turned where absent. */
  readonly rotaryBase?: number;
}

/** Which layer it is, and what is special about the first and the last one. */
export interface LayerPlace {
  readonly name: string;
  /** int32 [T]; which rows of the input the slots hold, where they are not the slots themselves. */
  readonly tokens?: Tensor | undefined;
  /** The slots whose output is asked for: flat, int32 [K], or by rows in families without views of attention. */
  readonly reads?: Tensor | RowQueries | undefined;
}

/** The slots that are read, laid out by rows: Q queries in each row, of which K are asked for. */
export interface RowQueries {
  /** Flat slot of each query, int32 [R*Q]; a row of fewer repeats one. */
  readonly slots: Tensor;
  /** The segment of each query's slot, int32 [R, Q]. */
  readonly segments: Tensor;
  /** Which of the R*Q are asked for, int32 [K]. */
  readonly reads: Tensor;
}

/** Do the tokens of a model's texts differ in type? Those of single texts have type 0. */
export function readsTokenTypes({ family, typeVocabularySize, pairSeparator }: ModelSpec): boolean {
  return pairSeparator !== undefined && family.tokenTypes && typeVocabularySize > 1;
}

/** Where dropout masks come from: undefined at a site means that nothing is dropped there. */
export interface Dropout {
  readonly rate: number;
  readonly attentionRate: number;
  /** In the classification head. */
  readonly classifierRate: number;
  /** The bool keep mask of a site. */
  keep(site: string, shape: Shape): Tensor;
}

/** What a program over the model builds with. */
export interface ModelContext {
  readonly build: Builder;
  readonly spec: ModelSpec;
  /** A parameter by canonical name. */
  weight(name: string): Tensor;
  /** Absent in evaluation mode. */
  readonly dropout?: Dropout;
  /** How many of the first layers are frozen, together with the embeddings, which are then in evaluation mode. */
  readonly frozenLayers?: number | undefined;
  /** Does the classifier start from the frozen layers' output, given as an input? From token ids where absent. */
  readonly frozenStatesGiven?: boolean | undefined;
  /** Token types, int32 [T], where the model does not read them by itself (`readsTokenTypes`); 0 where absent. */
  readonly tokenTypes?: Tensor;
  /** The weights of a linear layer in eight bits: int8 [in, out] and scale [out]. Absent where products are in float32. */
  quantized?(name: string): { readonly weight: Tensor; readonly scale: Tensor };
}
