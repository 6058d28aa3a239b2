/** The likelihood estimators of docs/method.md, section "Token likelihood". */
export type Estimator = "pll-word-l2r" | "pll" | "unmasked" | `block-${number}`;

/** log P(t_i | masked text) of each token in nats; NaN at special tokens, which have no score. */
export type TokenScores = Float32Array;
