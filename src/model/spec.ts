/** What a checkpoint's config.json says about the encoder, checked and named once. */
export interface ModelSpec {
  readonly family: "bert" | "roberta";
  readonly vocabularySize: number; // V
  readonly hiddenSize: number; // H
  readonly layers: number;
  readonly heads: number; // A
  readonly intermediateSize: number; // F
  readonly maxPositions: number; // rows of the position table
  readonly typeVocabularySize: number;
  readonly layerNormEpsilon: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly padId: number;
  /** Position id of a row's first token: padId + 1 for RoBERTa, 0 for BERT. */
  readonly firstPosition: number;
  /** Label names by id, if the checkpoint is a classifier. */
  readonly labels: readonly string[] | undefined;
}
