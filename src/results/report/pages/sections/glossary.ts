/** How to read a report, for somebody who has seen none. */
import { capitalized } from "../../../../base/figures.js";
import { methods } from "../../../../method/methods.js";
import { labelMeasures } from "../../../metrics/label-measures.js";
import { probabilityMeasures } from "../../../metrics/probability-measures.js";
import { type Markup, markup } from "../markup.js";

/** Words and what they mean; the ones that a single run does not use can be left out. */
const words: readonly (readonly [word: string, meaning: string, onlyCompared?: boolean])[] = [
  [
    "Language model, vanilla model",
    "A program that has read much text and can guess hidden words. “Vanilla” means: as it was before it was trained on the texts at hand.",
  ],
  ["Token", "A word or a piece of a word, as the language model reads it."],
  ...methods.map(({ title, meaning }) => [title, meaning] as const),
  ["Main task, auxiliary task", "Classifying the texts; guessing hidden tokens."],
  [
    "Train, dev, test",
    "Three separate parts of the data: to learn from, to choose the best moment of the training by, to measure with at the very end.",
  ],
  ["Leak-free rows", "Test rows whose text does not also occur in train."],
  ...[...labelMeasures, ...probabilityMeasures].map(
    ({ title, meaning }) => [capitalized(title), meaning] as const,
  ),
  ["Points", "Percentage points: from 70.0 % to 72.0 % are 2 points."],
  [
    "Seed",
    "A number that fixes all that is left to chance in a training. The same training with several seeds shows how much chance alone moves the result.",
    true,
  ],
  [
    "Mean ± standard deviation",
    "The mean over the seeds, and how far single seeds usually lie from it.",
    true,
  ],
  [
    "95 % interval",
    "A range computed so that in 95 of 100 repetitions with other test rows it would hold the true difference. A range that holds 0 fits “no difference”.",
    true,
  ],
  [
    "p",
    "How often chance alone would give a difference at least as large, if there were none. Below 0.05 is the usual mark for “hardly chance”. Above it, nothing is shown: neither a difference nor equality.",
    true,
  ],
  [
    "Holm's correction",
    "Who tests many pairs finds something by chance sooner or later; the correction raises each p to make up for that.",
    true,
  ],
  [
    "Bootstrap, sign-flip, Student's t, McNemar",
    "Four ways to find out what chance could do. The bootstrap draws the test rows anew many times; sign-flip and Student's t look at the differences of the seeds; McNemar's test counts the rows on which two models differ.",
    true,
  ],
  ["Optimizer step, epoch", "One small change of the model; one pass through all training texts."],
  ["Mask probability", "How probably a token is hidden in an epoch."],
  [
    "Surprisal",
    "How unlikely the vanilla model finds a token where it stands, in nats: 0 for a certain one, 2.3 for one in ten, 6.9 for one in a thousand.",
  ],
];

export function glossarySection(compared: boolean): Markup {
  const entries = words.filter(([, , onlyCompared]) => compared || onlyCompared !== true);
  return markup`<dl>${entries.map(([word, meaning]) => markup`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl>`;
}
