/** Texts explained, as a page: what the vanilla model did not expect, what is masked, what speaks for the label. */
import { count, counted, listed } from "../../../base/figures.js";
import type { ExplainedText } from "../../records/token-masks.js";
import { type Content, type Markup, markup } from "./markup.js";
import { foreign, page, table } from "./page.js";
import { glossarySection } from "./sections/glossary.js";
import {
  attributionLegend,
  largestAttribution,
  maskLegend,
  natsText,
  signed,
  textByAttribution,
  textByMaskProbability,
  textUnderMask,
} from "./token-text.js";

export interface Explanation {
  readonly model: string;
  /** Null for a linear classifier: nothing is known but labels and attributions of words. */
  readonly vanilla_model: string | null;
  readonly seed: number;
  readonly attribution_input: "embeddings" | "words" | "n-grams";
  /** How the mask probabilities and the masks came about, by name of the setting. */
  readonly masking: Readonly<Record<string, string | number>>;
  readonly texts: readonly ExplainedText[];
}

/** The page; `date` is when it is written, in words for people. */
export function renderExplanation(explained: Explanation, { date }: { readonly date: string }) {
  const { model, vanilla_model: vanilla, texts } = explained;
  const unit = vanilla === null ? "word" : "token";
  const models =
    vanilla === null
      ? markup`The classifier is ${foreign(model)}, a linear one.`
      : markup`The classifier is ${foreign(model)}; the vanilla model, which says how expected each token is, ${foreign(vanilla)}.`;
  const views = vanilla === null ? wordViews : tokenViews;
  const figures = vanilla === null ? wordTable : figuresTable;
  const body = markup`
<header>
<h1>${counted(texts.length, "text")}, ${unit} by ${unit}</h1>
<p>${models}</p>
<p class="note">Written on ${date}. <a href="#reading">What is shown</a> explains it. Where the mouse points at a ${unit}, its figures appear.</p>
</header>
${texts.map((text, index) => textSection(text, index, views, figures))}
<section id="reading"><h2>What is shown</h2>
${
  vanilla === null
    ? linearMeaning
    : markup`${meanings(explained)}
<h3>Words</h3>${glossarySection(false)}`
}</section>`;
  return page(`${counted(texts.length, "text")} explained`, body);
}

type View = (text: ExplainedText) => Markup;

function textSection(text: ExplainedText, index: number, views: View, figures: View): Markup {
  const id = `text-${index + 1}`;
  const rest = Object.entries(text.probabilities)
    .filter(([label]) => label !== text.label)
    .sort(([, a], [, b]) => b - a);
  const others = rest.map(([label, probability], place) => [
    place === 0 ? undefined : ", ",
    foreign(label),
    ` ${percentText(probability)}`,
  ]);
  const words = text.word_ids.filter((word) => word !== null).length;
  return markup`<section id="${id}"><h2>Text ${index + 1}: ${foreign(text.label)}, ${percentText(text.probabilities[text.label])}</h2>
${others.length === 0 ? undefined : markup`<p class="note">Other labels: ${others}.</p>`}
${text.truncated === 0 ? undefined : markup`<p class="verdict warning">The end of the text, ${counted(text.truncated, "token")}, was cut off: neither model reads it.</p>`}
${words === 0 ? markup`<p>The text has no tokens.</p>` : views(text)}
<details><summary>The figures as a table</summary>${figures(text)}</details></section>`;
}

function wordViews(text: ExplainedText): Markup {
  return markup`<h3>What speaks for ${foreign(text.explained_label)}, and what against it</h3>
${attributionLegend()}
${textByAttribution(text)}`;
}

function wordTable(text: ExplainedText): Markup {
  const most = largestAttribution(text);
  const rows = text.tokens.map((word, position): readonly Content[] => [
    markup`<bdi class="token">${word}</bdi>`,
    signed(text.attribution[position]),
    attributionBar(text.attribution[position], most),
  ]);
  return table(
    [
      { title: "Word" },
      { title: markup`Attribution to ${foreign(text.explained_label)}` },
      { title: "against | for" },
    ],
    rows,
    `${counted(text.tokens.length, "word")}. Attributions are parts of a score, which has no unit.`,
  );
}

const linearMeaning = markup`<dl>
<dt>Attribution</dt><dd>What a word adds to the label's score: the weights of its n-grams times their values in the text. Above 0 the word
speaks for the label, below 0 against it. Those of all words sum to the score without its constant. Two words that stand side by side
share the weight of the pair.</dd>
</dl>`;

function tokenViews(text: ExplainedText): Markup {
  const masks = text.masks.map(
    (mask, sample) =>
      markup`<p class="note">Sample ${sample + 1}: ${counted(mask.positions.length, "token")} selected</p>${textUnderMask(text, mask)}`,
  );
  return markup`<h3>How probably each token is masked</h3>
${maskLegend()}
${textByMaskProbability(text)}
${masks.length === 0 ? undefined : markup`<h3>Sampled masks</h3>${masks}`}
<h3>What speaks for ${foreign(text.explained_label)}, and what against it</h3>
${attributionLegend()}
${textByAttribution(text)}`;
}

function figuresTable(text: ExplainedText): Markup {
  const most = largestAttribution(text);
  const rows = text.tokens.map((token, position): readonly Content[] => [
    markup`<bdi class="token">${token}</bdi>`,
    natsText(text.surprisal[position]),
    text.mask_probability[position]?.toFixed(3) ?? "–",
    signed(text.attribution[position]),
    attributionBar(text.attribution[position], most),
  ]);
  return table(
    [
      { title: "Token" },
      { title: "Surprisal (nats)" },
      { title: "Mask probability" },
      { title: markup`Attribution to ${foreign(text.explained_label)}` },
      { title: "against | for" },
    ],
    rows,
    `${count(text.tokens.length)} tokens, special ones included. Attributions are parts of a logit, which has no unit.`,
  );
}

const BAR_WIDTH = 120;
const BAR_HEIGHT = 12;

/** A bar from the middle: to the right for the label, to the left against it; half the width is the largest of the text. */
function attributionBar(value: number, most: number): Markup {
  const middle = BAR_WIDTH / 2;
  const length = most === 0 ? 0 : (Math.abs(value) / most) * middle;
  const start = value < 0 ? middle - length : middle;
  return markup`<svg width="${BAR_WIDTH}" height="${BAR_HEIGHT}" viewBox="0 0 ${BAR_WIDTH} ${BAR_HEIGHT}" aria-hidden="true"><rect class="fill s${value < 0 ? 2 : 1}" x="${start.toFixed(1)}" y="2" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 4}"/><path class="axis" d="M${middle},0V${BAR_HEIGHT}"/></svg>`;
}

/** What is multiplied with its gradient, and what its sign is worth. */
const attributionInputs = {
  embeddings:
    "by how much the label's logit would change, to first order, if what the classifier's first layer reads at this token grew, as a part of its length. Above 0 the token speaks for the label, below 0 against it.",
  words:
    "by how much the label's logit would change, to first order, if the embedding of this one word grew beside those of position and type, as a part of its length. A LayerNorm follows, so the sign says little of whether the word speaks for the label.",
};

function meanings({ masking, seed, attribution_input }: Explanation): Markup {
  const input = attribution_input === "words" ? "words" : "embeddings";
  const settings = Object.entries(masking).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${value}`,
  );
  return markup`<dl>
<dt>Surprisal</dt><dd>−log P(token) in nats under the vanilla model, which is the classifier before it was trained: 0 for a token it
was sure of, 6.9 for one in a thousand.</dd>
<dt>Mask probability</dt><dd>How probably L3Masking selects the token in an epoch, from the surprisals of the text. Settings: ${listed(settings)}.</dd>
<dt>Sampled masks</dt><dd>What is selected differs in every epoch; these are draws with seed ${seed}. A selected token is struck out, with
what the model reads in its place: the mask token, or now and then a random one. [=] stands before a token that was selected and kept.</dd>
<dt>Attribution</dt><dd>Gradient x input: ${attributionInputs[input]} This is a local linear view of the classifier at this text. It is
no explanation of cause: a token that is removed or replaced can do something else, and attributions do not add up to the logit.</dd>
</dl>`;
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
