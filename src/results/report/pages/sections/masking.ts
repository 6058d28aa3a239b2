/** What L3Masking masks and how it differs from random token masking. */

import { count } from "../../../../base/figures.js";
import type { MaskedToken, MaskingSummary } from "../../../records/masking-summary.js";
import { barChart } from "../../charts/bar-chart.js";
import { histogram } from "../../charts/histogram.js";
import type { Group } from "../groups.js";
import { type Markup, markup } from "../markup.js";
import { figure, figures, table } from "../page.js";

/** Looks of RTM and L3Masking, as in the other charts. */
const RTM = { name: "RTM", style: 1 };
const L3 = { name: "L3Masking", style: 2 };
/** Tokens in a chart; the tables have all that the comparison kept. */
const CHARTED_TOKENS = 12;

export function maskingSection({ id, masking }: Group): Markup {
  if (masking === undefined) {
    return markup`<p>No likelihoods were needed in these runs, so there is nothing to show of L3Masking's choice.</p>`;
  }
  return markup`
<p>Both ways of masking hide about ${percentText(masking.budget)} of the tokens in every epoch. Random token masking (RTM) gives every
token the same chance. L3Masking asks the vanilla model first and hides more often what that model finds unlikely. All
figures are expectations over the ${count(masking.texts)} training texts with their ${count(masking.tokens)} tokens, per epoch.</p>
${figures([
  distribution(id, masking),
  tokenChart(id, "raised", "Tokens that L3Masking masks more often", masking.raised_by_l3),
  tokenChart(id, "lowered", "Tokens that L3Masking masks less often", masking.lowered_by_l3),
])}
<details><summary>The tokens most often masked by each</summary>
${tokenTable(masking.most_by_l3, "Most often masked by L3Masking")}
${tokenTable(masking.most_by_rtm, "Most often masked by RTM: simply the most frequent tokens")}
</details>
<p class="note">Tokens are written as in the model's vocabulary: a token that begins with Ġ follows a space, one that
begins with ## continues a word.</p>`;
}

function distribution(id: string, masking: MaskingSummary): Markup {
  const { edges, l3, rtm } = masking.histogram;
  const filled = rtm.filter((tokens) => tokens > 0).length;
  const chart = histogram(
    edges,
    l3,
    L3.style,
    filled === 1 ? { x: masking.budget, text: `RTM: ${masking.budget} for all` } : undefined,
    {
      title: "Mask probability of tokens under L3Masking",
      description: `Share of the tokens by mask probability under L3Masking, mean ${masking.l3_mean.toFixed(3)}. Under RTM every token has ${masking.budget}.`,
      xTitle: "mask probability",
      yTitle: "share of tokens",
    },
  );
  const total = (counts: readonly number[]) => counts.reduce((sum, tokens) => sum + tokens, 0);
  const [allL3, allRtm] = [total(l3), total(rtm)];
  const share = (tokens: number, all: number) => (all === 0 ? "–" : percentText(tokens / all));
  const rows = l3.map((tokens, bin) => [
    `${edges[bin].toFixed(2)} to ${edges[bin + 1].toFixed(2)}`,
    share(tokens, allL3),
    share(rtm[bin], allRtm),
  ]);
  return figure(
    chart,
    `${id}-mask-distribution`,
    `Mean ${masking.l3_mean.toFixed(3)}. Columns: L3Masking${filled === 1 ? "; broken line: RTM" : ""}.`,
    table(
      [{ title: "Mask probability" }, { title: "L3Masking" }, { title: "RTM" }],
      rows,
      "Share of the tokens.",
    ),
  );
}

function tokenChart(
  id: string,
  part: string,
  title: string,
  tokens: readonly MaskedToken[],
): Markup | undefined {
  if (tokens.length === 0) return undefined;
  const charted = tokens.slice(0, CHARTED_TOKENS);
  const chart = barChart(
    [RTM, L3],
    charted.map((token) => ({
      name: token.token,
      bars: ([token.expected_rtm, token.expected_l3] as const).map((value, index) => ({
        value,
        text: `${token.token}, ${[RTM, L3][index].name}: ${value.toFixed(1)} of ${count(token.occurrences)}`,
      })),
    })),
    {
      title,
      description: `Expected selections per epoch of ${charted.length} tokens, RTM against L3Masking. The table below has the figures.`,
      xTitle: "expected selections per epoch",
      xFormat: (value, decimals) => value.toFixed(decimals),
    },
  );
  const caption = `The ${charted.length} tokens with the largest difference of expected selections.`;
  return figure(chart, `${id}-tokens-${part}`, caption, tokenTable(tokens, title));
}

function tokenTable(tokens: readonly MaskedToken[], caption: string): Markup {
  return table(
    [{ title: "Token" }, { title: "Occurs" }, { title: "RTM masks" }, { title: "L3Masking masks" }],
    tokens.map((token) => [
      markup`<bdi class="token">${token.token}</bdi>`,
      count(token.occurrences),
      `${token.expected_rtm.toFixed(1)} (${percentText(token.expected_rtm / token.occurrences)})`,
      `${token.expected_l3.toFixed(1)} (${percentText(token.expected_l3 / token.occurrences)})`,
    ]),
    `${caption}: expected selections per epoch, and their share of the occurrences.`,
  );
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
