/** What comes before the model: texts to ids, ids to masked and packed batches; and the steps it is held against. */
import * as z from "zod";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { uniformProbabilities } from "../../src/method/masking/probabilities.js";
import { taskBatches } from "../../src/run/fine-tune/task-batches.js";
import type { Encoding } from "../../src/text/encoding.js";
import { loadTokenizer } from "../../src/text/load.js";
import { loadSource } from "../work/model.js";
import { microBatch } from "../work/training-batches.js";
import type { PreparationWork } from "../work/work-file.js";
import { inNode } from "./node-profile.js";
import { openTraining } from "./training.js";
import { type Answering, index, now, timed } from "./work-kind.js";

const requestSchema = z.discriminatedUnion("do", [
  /** Tokenises all texts with a tokenizer that has seen none. */
  z.object({ do: z.literal("tokenise") }),
  /** Order, masks and packing of this many steps. */
  z.object({ do: z.literal("batches"), steps: index }),
  /** One optimizer step, its packing included. */
  z.object({ do: z.literal("step"), step: index }),
]);

const MASKING = { selection: "bernoulli", maskReplaceProb: 0.8, randomReplaceProb: 0.1 } as const;

/** Steps that are kept for `step`. */
const STEPS = 4;

export async function openPreparation(work: PreparationWork, runtime: Runtime): Promise<Answering> {
  const source = await loadSource(work.model);
  const { spec } = source;
  const { texts, batchSize, classes, maxLength } = work;
  const encode = async (): Promise<Encoding[]> => {
    const tokenizer = await loadTokenizer(work.tokenizerFolder);
    return texts.map((text) => tokenizer.encode(text, maxLength));
  };
  const tokenizer = await loadTokenizer(work.tokenizerFolder);
  const encodings = await encode();
  const labelIds = Int32Array.from(texts, (_, text) => text % classes);
  const batches = () =>
    taskBatches(
      {
        encodings,
        labelIds,
        probabilities: encodings.map((encoding) => uniformProbabilities(encoding, 0.15)),
      },
      { batchSize, gradientAccumulationSteps: 1, seed: 0 },
      MASKING,
      spec,
      tokenizer,
    );
  const training = await openTraining(
    {
      kind: "training",
      model: work.model,
      classes,
      learningRate: 1e-5,
      steps: Array.from({ length: STEPS }, (_, step) => {
        const [from, to] = [step * batchSize, (step + 1) * batchSize];
        const labels = Array.from(labelIds.subarray(from, to));
        return [microBatch(encodings.slice(from, to), labels, tokenizer, step)];
      }),
    },
    source,
    inNode(runtime),
  );

  return async (asked) => {
    const request = requestSchema.parse(asked);
    switch (request.do) {
      case "tokenise": {
        const fresh = await loadTokenizer(work.tokenizerFolder);
        const start = now();
        const tokens = texts.reduce(
          (total, text) => total + fresh.encode(text, maxLength).ids.length,
          0,
        );
        return { seconds: (now() - start) / 1000, values: { tokens }, list: [] };
      }
      case "batches":
        return timed(() => {
          const microBatches = batches();
          let rows = 0;
          for (let step = 1; step <= request.steps; step++) {
            for (const { main } of microBatches(step).microBatches) rows += main?.batch.rows ?? 0;
          }
          return { rows };
        });
      case "step":
        return training({ do: "step", step: request.step % STEPS });
    }
  };
}
