/** What a masking strategy masks and how it differs from random token masking. */

import { count, percent } from "../../../../base/figures.js";
import { strategyOf } from "../../../../method/masking/probabilities.js";
import { uniform } from "../../../../method/masking/strategies/uniform.js";
import type { MaskedToken, MaskingSummary } from "../../../records/masking-summary.js";
import { barChart } from "../../charts/bar-chart.js";
import { histogram } from "../../charts/histogram.js";
import type { Group } from "../groups.js";
import { type Markup, markup } from "../markup.js";
import { figure, figures, table } from "../page.js";

const RTM = uniform.title;
/** Tokens in a chart; the tables have all that the comparison kept. */
const CHARTED_TOKENS = 12;

export function maskingSection({ id, masking }: Group): Markup {
  if (masking.length === 0) {
    return markup`<p>In these runs tokens were masked at random only, so there is nothing to show.</p>`;
  }
  return markup`${masking.map((summary) => strategySection(`${id}-${summary.strategy}`, summary))}`;
}

function strategySection(id: string, masking: MaskingSummary): Markup {
  const { title, does } = strategyOf(masking.strategy);
  return markup`
<p>Both strategies mask about ${percent(masking.budget)} of the tokens in every epoch. Random token masking (${RTM}) ${uniform.does};
${title} ${does}; so ${percent(masking.moved)} of the masking falls on other tokens. All figures are expected values per epoch over the ${count(masking.tokens)} tokens of the ${count(masking.texts)} training texts.</p>
${figures([
  distribution(id, masking),
  tokenChart(id, "raised", `Tokens that ${title} masks more often`, masking.raised, masking),
  tokenChart(id, "lowered", `Tokens that ${title} masks less often`, masking.lowered, masking),
])}
<details><summary>The tokens most often masked by each</summary>
${tokenTable(masking.most, `Most often masked by ${title}`, title)}
${tokenTable(masking.most_uniform, `Most often masked by ${RTM}: simply the most frequent tokens`, title)}
</details>
<p class="note">Tokens are written as in the model's vocabulary: a token that begins with Ġ or ▁ follows a space, one that
begins with ## continues a word.</p>`;
}

function distribution(id: string, masking: MaskingSummary): Markup {
  const { title, look } = strategyOf(masking.strategy);
  const { edges, counts, uniform: uniformCounts } = masking.histogram;
  const filled = uniformCounts.filter((tokens) => tokens > 0).length;
  const mean = masking.mean.toFixed(3);
  const chart = histogram(
    edges,
    counts,
    look,
    filled === 1 ? { x: masking.budget, text: `${RTM}: ${masking.budget} for all` } : undefined,
    {
      title: `Mask probability of tokens under ${title}`,
      description: `Share of the tokens by mask probability under ${title}, mean ${mean}. Under ${RTM} every token has ${masking.budget}.`,
      xTitle: "mask probability",
      yTitle: "% of the tokens",
    },
  );
  const share = (tokens: number, all: readonly number[]) => {
    const total = all.reduce((sum, some) => sum + some, 0);
    return total === 0 ? "–" : percent(tokens / total);
  };
  const rows = counts.map((tokens, bin) => [
    `${edges[bin].toFixed(2)} to ${edges[bin + 1].toFixed(2)}`,
    share(tokens, counts),
    share(uniformCounts[bin], uniformCounts),
  ]);
  return figure(
    chart,
    `${id}-mask-distribution`,
    `Mean ${mean}. Columns: ${title}${filled === 1 ? `; dashed line: ${RTM}` : ""}.`,
    table([{ title: "Mask probability" }, { title }, { title: RTM }], rows, "Share of the tokens."),
  );
}

function tokenChart(
  id: string,
  part: string,
  title: string,
  tokens: readonly MaskedToken[],
  { strategy: name }: MaskingSummary,
): Markup | undefined {
  if (tokens.length === 0) return undefined;
  const strategy = strategyOf(name);
  const series = [uniform, strategy].map((one) => ({ name: one.title, style: one.look }));
  const charted = tokens.slice(0, CHARTED_TOKENS);
  const chart = barChart(
    series,
    charted.map((token) => ({
      name: token.token,
      bars: [token.expected_uniform, token.expected].map((value, index) => ({
        value,
        text: `${token.token}, ${series[index].name}: ${value.toFixed(1)} of ${count(token.occurrences)}`,
      })),
    })),
    {
      title,
      description: `Expected selections per epoch of ${charted.length} tokens, ${RTM} against ${strategy.title}. The table below has the figures.`,
      xTitle: "expected selections per epoch",
      xFormat: (value, decimals) => value.toFixed(decimals),
    },
  );
  const caption = `The ${charted.length} tokens with the largest difference of expected selections.`;
  return figure(chart, `${id}-tokens-${part}`, caption, tokenTable(tokens, title, strategy.title));
}

function tokenTable(tokens: readonly MaskedToken[], caption: string, strategy: string): Markup {
  const cell = (expected: number, { occurrences }: MaskedToken) =>
    `${expected.toFixed(1)} (${percent(expected / occurrences)})`;
  return table(
    [
      { title: "Token" },
      { title: "Occurs" },
      { title: `${RTM} masks` },
      { title: `${strategy} masks` },
    ],
    tokens.map((token) => [
      markup`<bdi class="token">${token.token}</bdi>`,
      count(token.occurrences),
      cell(token.expected_uniform, token),
      cell(token.expected, token),
    ]),
    `${caption}: expected selections per epoch, and their share of the occurrences.`,
  );
}
