/** The model that the package brings with it, and that commands take where none is named. */

/** What `--model` calls it, wherever the package lies. */
export const SHIPPED_MODEL = "minilm";

/** Its folder in the package. */
export const shippedModelPath = `models/${SHIPPED_MODEL}`;
