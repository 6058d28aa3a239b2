/** Predictions of our side: the `Classifier` of the package, from texts to labels. */
import * as z from "zod";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { loadCheckpoint } from "../../src/model/checkpoint/load.js";
import { Classifier } from "../../src/node.js";
import { loadTokenizer } from "../../src/text/load.js";
import { measureProducts } from "../products/measure.js";
import { forwardProducts, operations } from "../products/products.js";
import type { PredictionWork } from "../work/work-file.js";
import { type Answering, index, now } from "./work-kind.js";

const requestSchema = z.discriminatedUnion("do", [
  /** Labels of the texts from one index up to, not including, another. */
  z.object({
    do: z.literal("predict"),
    from: index,
    to: index,
    precision: z.enum(["float32", "int8"]).default("float32"),
  }),
  /** Their operations without padding, at the rate of bare products. */
  z.object({ do: z.literal("products"), from: index, to: index }),
]);

/** Tokens of the batch in which bare products are measured. */
const USUAL_TOKENS = 4096;

export async function openPrediction(work: PredictionWork, runtime: Runtime): Promise<Answering> {
  const { folder, maxLength } = work;
  const options = { maxLength, threads: runtime.threads };
  const classifier = await Classifier.load(folder, options);
  const rounded = await Classifier.load(folder, { ...options, precision: "int8" });

  return async (asked) => {
    const request = requestSchema.parse(asked);
    const texts = work.texts.slice(request.from, request.to);
    if (request.do === "products") {
      const { spec } = await loadCheckpoint(folder);
      const tokenizer = await loadTokenizer(folder);
      const lengths = texts.map((text) => tokenizer.encode(text, maxLength).ids.length);
      const tokens = lengths.reduce((total, length) => total + length, 0);
      const slots = Math.round(tokens / texts.length);
      const rows = Math.ceil(USUAL_TOKENS / slots);
      const classes = classifier.labels.length;
      const head = { kind: "classification", texts: rows, classes } as const;
      const distinct = rows * slots;
      const batch = forwardProducts(spec, { rows, slots, distinct, queries: 1, head });
      const { rate } = await measureProducts(runtime, batch, now);
      return {
        seconds: ((tokens / (rows * slots)) * operations(batch)) / rate,
        values: { rate },
        list: [],
      };
    }
    const start = now();
    const chosen = request.precision === "int8" ? rounded : classifier;
    const predictions = await chosen.predict(texts);
    return {
      seconds: (now() - start) / 1000,
      values: {},
      list: predictions.map(({ label }) => classifier.labels.indexOf(label)),
    };
  };
}
