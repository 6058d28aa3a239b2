/** Explained texts as a page: what surprised the vanilla model, what is masked, what supports the label. */

import { count, counted, listed, percent } from "../../../base/figures.js";
import { NO_LABELS } from "../../../data/label-sets.js";
import { probabilityOf } from "../../records/predictions.js";
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
  /** Null for a linear classifier, a stack, and for runs that score no tokens: nothing is known but labels and attributions of words. */
  readonly vanilla_model: string | null;
  readonly seed: number;
  readonly attribution_input: "embeddings" | "words" | "n-grams";
  /** Of a stack: the share of its encoder. */
  readonly encoder_weight?: number;
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
      ? markup`The classifier is ${foreign(model)}${kindOf(explained)}.`
      : markup`The classifier is ${foreign(model)}; the vanilla model, which measures how surprising each token is, is ${foreign(vanilla)}.`;
  const views = vanilla === null ? wordViews : tokenViews;
  const figures = vanilla === null ? wordTable : figuresTable;
  const body = markup`
<header>
<h1>${counted(texts.length, "text")}, ${unit} by ${unit}</h1>
<p>${models}</p>
<p class="note">Written on ${date}. <a href="#reading">What is shown</a> explains it. Point at a ${unit} to see its figures.</p>
</header>
${texts.map((text, index) => textSection(text, index, views, figures))}
<section id="reading"><h2>What is shown</h2>
${
  vanilla === null
    ? [
        wordMeaning(explained),
        texts.some((text) => text.embedding_attribution !== undefined)
          ? embeddingMeaning
          : undefined,
      ]
    : markup`${meanings(explained)}
<h3>Words</h3>${glossarySection(false)}`
}</section>`;
  return page(`${counted(texts.length, "text")} explained`, body);
}

function kindOf({ attribution_input: input, encoder_weight: share }: Explanation): string {
  if (share !== undefined) {
    return `, a stack of a fine-tuned encoder (${percent(share)}) and TF-IDF (${percent(1 - share)})`;
  }
  return input === "n-grams" ? ", a linear one" : "";
}

type View = (text: ExplainedText) => Markup;

function textSection(text: ExplainedText, index: number, views: View, figures: View): Markup {
  const id = `text-${index + 1}`;
  const rest = Object.entries(text.probabilities)
    .filter(([label]) => text.labels !== undefined || label !== text.label)
    .sort(([, a], [, b]) => b - a);
  const others = rest.map(([label, probability], place) => [
    place === 0 ? undefined : ", ",
    foreign(label),
    ` ${percent(probability)}`,
  ]);
  const words = text.word_ids.filter((word) => word !== null).length;
  return markup`<section id="${id}"><h2>Text ${index + 1}: ${foreign(text.label || NO_LABELS)}, ${percent(probabilityOf(text))}</h2>
${others.length === 0 ? undefined : markup`<p class="note">${text.labels === undefined ? "Other labels" : "Each label"}: ${others}.</p>`}
${text.truncated === 0 ? undefined : markup`<p class="verdict warning">Of the text ${counted(text.truncated, "token")} ${text.truncated === 1 ? "was" : "were"} cut off: ${text.attribution_parts === undefined ? "neither model reads them" : "the encoder does not read them, TF-IDF does"}.</p>`}
${words === 0 ? markup`<p>The text has no tokens.</p>` : views(text)}
<details><summary>The figures as a table</summary>${figures(text)}</details></section>`;
}

function wordViews(text: ExplainedText): Markup {
  return markup`<h3>What speaks for ${foreign(text.explained_label)}, and what against it</h3>
${attributionLegend()}
${textByAttribution(text)}
${text.embedding_attribution === undefined ? undefined : markup`<p>The text as a whole, by its embedding: ${signed(text.embedding_attribution)}; all its words: ${signed(text.attribution.reduce((sum, value) => sum + value, 0))}.</p>`}`;
}

function wordTable(text: ExplainedText): Markup {
  const most = largestAttribution(text);
  const parts = text.attribution_parts;
  const rows = text.tokens.map((word, position): readonly Content[] => [
    markup`<bdi class="token">${word}</bdi>`,
    signed(text.attribution[position]),
    ...(parts === undefined
      ? []
      : [signed(parts.encoder[position]), signed(parts.tfidf[position])]),
    attributionBar(text.attribution[position], most),
  ]);
  return table(
    [
      { title: "Word" },
      { title: markup`Attribution to ${foreign(text.explained_label)}` },
      ...(parts === undefined ? [] : [{ title: "by the encoder" }, { title: "by TF-IDF" }]),
      { title: "against | for" },
    ],
    rows,
    `${counted(text.tokens.length, "word")}. Attributions are parts of a ${parts === undefined ? "score" : "logit"}, which has no unit.`,
  );
}

/** What the attribution of a word is. */
function wordMeaning({ attribution_input: input, encoder_weight: share }: Explanation): Markup {
  if (input === "n-grams") return linearMeaning;
  const ofEncoder = markup`Gradient x input, summed over the word's tokens: ${attributionInputs[input]} This is a local linear view of the
classifier at this text, not a causal explanation.`;
  if (share === undefined)
    return markup`<dl>
<dt>Attribution</dt><dd>${ofEncoder}</dd>
</dl>`;
  return markup`<dl>
<dt>Attribution</dt><dd>What a word adds to the stack's logit of the label: the sum of two parts. Above 0 the word speaks for the label, below 0
against it.</dd>
<dt>By the encoder</dt><dd>Times its share, ${percent(share)}. ${ofEncoder}</dd>
<dt>By TF-IDF</dt><dd>Times its share, ${percent(1 - share)}: the weights of the word's n-grams times their values in the text. These are exact.</dd>
</dl>`;
}

const linearMeaning = markup`<dl>
<dt>Attribution</dt><dd>What a word adds to the label's score: the weights of its n-grams times their values in the text. Above 0 the word
speaks for the label, below 0 against it. Those of all words sum to the score without its constant. Two words that stand side by side
share the weight of the pair.</dd>
</dl>`;

const embeddingMeaning = markup`<p>The classifier also reads an embedding, the mean of what the model makes of the text's tokens. What it
adds to the score belongs to the text as a whole, so the words' attributions sum to the rest of the score.</p>`;

function tokenViews(text: ExplainedText): Markup {
  const masks = text.masks.map(
    (mask, sample) =>
      markup`<p class="note">Sample ${sample + 1}: ${counted(mask.positions.length, "token")} selected</p>${textUnderMask(text, mask)}`,
  );
  return markup`<h3>How probably each token is masked</h3>
${maskLegend()}
${textByMaskProbability(text)}
${masks.length === 0 ? undefined : markup`<h3>Sampled masks</h3>${masks}`}
<h3>Evidence for and against ${foreign(text.explained_label)}</h3>
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
    "to first order, how fast the label's logit changes as the vector that the classifier's first layer reads at this token is scaled up. Above 0 the token supports the label, below 0 it argues against it.",
  words:
    "to first order, how fast the label's logit changes as the word embedding of this token is scaled up, position and type left as they are. A LayerNorm follows, so the sign says little about whether the word supports the label.",
};

function meanings({ masking, seed, attribution_input }: Explanation): Markup {
  const input = attribution_input === "words" ? "words" : "embeddings";
  const settings = Object.entries(masking).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${value}`,
  );
  return markup`<dl>
<dt>Surprisal</dt><dd>−log P(token) in nats under the vanilla model, which is the classifier before it was trained: 0 for a token it
was sure of, 6.9 for a chance of one in a thousand.</dd>
<dt>Mask probability</dt><dd>The probability that L3Masking selects the token in an epoch, from the surprisals of the text. Settings: ${listed(settings)}.</dd>
<dt>Sampled masks</dt><dd>Every epoch selects other tokens; these are draws with seed ${seed}. A selected token is struck out and followed by
what the model reads instead: the mask token or, sometimes, a random one. [=] precedes a token that was selected but kept.</dd>
<dt>Attribution</dt><dd>Gradient x input: ${attributionInputs[input]} This is a local linear view of the classifier at this text. It is
not a causal explanation: removing or replacing a token can have another effect, and attributions do not add up to the logit.</dd>
</dl>`;
}
