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
    "A program that has read a lot of text and can guess hidden words. “Vanilla” means as it was before training on these texts.",
  ],
  ["Token", "A word or a piece of a word, as the language model reads it."],
  ...methods.map(({ title, meaning }) => [title, meaning] as const),
  ["Main task, auxiliary task", "Classifying the texts; guessing hidden tokens."],
  [
    "Train, dev, test",
    "Three separate parts of the data: to learn from, to choose the best step of training with, and to measure the result on.",
  ],
  ["Leak-free rows", "Test rows whose text does not also occur in train."],
  ...[...labelMeasures, ...probabilityMeasures].map(
    ({ title, meaning }) => [capitalized(title), meaning] as const,
  ),
  ["Points", "Percentage points: 72.0 % is 2 points more than 70.0 %."],
  [
    "Seed",
    "A number that fixes everything random in a training run. Repeating the run with several seeds shows how much chance alone moves the result.",
    true,
  ],
  [
    "Mean ± standard deviation",
    "The mean over the seeds, and how far a single seed typically is from it.",
    true,
  ],
  [
    "95 % interval",
    "A range computed so that in 95 of 100 repetitions with other test rows it would contain the true difference. A range that contains 0 is compatible with “no difference”.",
    true,
  ],
  [
    "p",
    "How often chance alone would give a difference at least this large if there were none. Below 0.05 is the usual threshold for “hardly chance”. Above it nothing is shown, neither a difference nor equality.",
    true,
  ],
  [
    "Holm's correction",
    "Testing many pairs finds something by chance sooner or later; the correction raises each p to make up for that.",
    true,
  ],
  [
    "Bootstrap, sign-flip, Student's t, McNemar",
    "Four ways to estimate what chance could do. The bootstrap resamples the test rows many times; sign-flip and Student's t look at the differences between seeds; McNemar's test counts the rows on which two models differ.",
    true,
  ],
  ["Optimizer step, epoch", "One small change of the model; one pass through all training texts."],
  ["Mask probability", "The probability that a token is masked in an epoch."],
  [
    "Surprisal",
    "How unlikely the vanilla model finds a token in its place, in nats: 0 if it is certain, 2.3 for a chance of one in ten, 6.9 for one in a thousand.",
  ],
];

export function glossarySection(compared: boolean): Markup {
  const entries = words.filter(([, , onlyCompared]) => compared || onlyCompared !== true);
  return markup`<dl>${entries.map(([word, meaning]) => markup`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl>`;
}
