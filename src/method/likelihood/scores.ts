/** Which positions are masked when a token is scored (docs/method.md, section 1). */
export type Estimator = "pll-word-l2r" | "pll" | "unmasked" | `block-${number}`;

/** log P(t_i | masked text) of each token in nats; NaN at special tokens, which have no score. */
export type TokenScores = Float32Array;
