/** examples.json of a run, checked as it is read. */
import { z } from "zod";
import type { RunExample } from "./token-masks.js";

const count = z.number().int().min(0);
const fraction = z.number().min(0).max(1);

/** All lists of a text but its masks have one entry a token. */
export const runExamplesSchema: z.ZodType<readonly RunExample[]> = z.array(
  z
    .object({
      tokens: z.array(z.string()),
      pieces: z.array(z.string()),
      word_ids: z.array(count.nullable()),
      surprisal: z.array(z.number().nullable()),
      mask_probability: z.array(fraction.nullable()),
      masks: z.array(z.object({ positions: z.array(count), replacements: z.array(z.string()) })),
      label: z.string(),
      probabilities: z.record(z.string(), fraction),
      expected_label: z.string(),
      explained_label: z.string(),
      attribution: z.array(z.number()),
    })
    .refine(
      ({ tokens, pieces, word_ids, surprisal, mask_probability, attribution }) =>
        [pieces, word_ids, surprisal, mask_probability, attribution].every(
          (list) => list.length === tokens.length,
        ),
      "expected one entry for each token",
    )
    .refine(
      ({ label, probabilities }) => Object.hasOwn(probabilities, label),
      "expected a probability of the label",
    ),
);
