/** The check of a data set as a page. */

import { counted } from "../../../base/figures.js";
import { warningAdvice } from "../../../data/check/check-advice.js";
import type {
  CheckDetails,
  Examples,
  LengthHistogram,
  NearExamples,
  TextPlace,
} from "../../../data/check/check-details.js";
import { foldText, grouped, overlapCells, percentOf } from "../../../data/check/check-numbers.js";
import type {
  DatasetCheck,
  LengthSummary,
  SplitCheck,
  WarningCode,
} from "../../../data/check/check-result.js";
import type { SplitName } from "../../../data/dataset.js";
import { barChart } from "../charts/bar-chart.js";
import { histogram } from "../charts/histogram.js";
import { type Content, type Markup, markup } from "./markup.js";
import { figure, figures, foreign, type Page, page, table } from "./page.js";

export interface CheckedDataset {
  readonly name: string;
  readonly check: DatasetCheck;
  readonly details: CheckDetails;
  /** The file of each split; undefined for one that was cut from train. */
  readonly files: Readonly<Record<SplitName, string | undefined>>;
  /** Why training would refuse these data. */
  readonly refusal: string | undefined;
}

/** A part of the page of a check. */
export interface CheckPart {
  readonly name: string;
  readonly title: string;
  readonly content: Markup;
}

/** What a page shows of a check, in its order; parts that the data have nothing for are left out. `advice` says what to do about a warning. */
export function viewOfCheck(
  checked: CheckedDataset,
  advice: Readonly<Record<WarningCode, string>> = warningAdvice,
): readonly CheckPart[] {
  const { check, details } = checked;
  const { warnings } = check;
  const parts: readonly (readonly [name: string, title: string, content: Markup | undefined])[] = [
    [
      "warnings",
      "Warnings",
      warnings.length === 0 ? markup`<p>None.</p>` : warningList(check, advice),
    ],
    ["doubtful", "Doubtful labels", doubtSection(check)],
    [
      "splits",
      "Splits",
      markup`${splitTable(checked)}${check.folds === undefined ? undefined : markup`<p>${foldText(check.folds)}</p>`}`,
    ],
    ["labels", "Labels", check.labels.length === 0 ? undefined : labelSection(check)],
    ["lengths", "Lengths", details.lengths.length === 0 ? undefined : lengthSection(checked)],
    [
      "shared",
      "Texts in two splits",
      markup`
<p>A classifier may have memorized these texts, so its score on them says little about new ones.</p>
${overlapTable(check)}${exampleTable(details.shared)}`,
    ],
    [
      "repeated",
      "Repeated texts",
      markup`
<p>The same text more than once in a split; it counts more than others.</p>
${exampleTable(details.repeated)}`,
    ],
    [
      "near",
      "Nearly equal texts",
      markup`
<p>Texts that differ in a few letters or words. A classifier may know them by heart as well as equal ones.</p>
${nearTable(details.near)}`,
    ],
    [
      "conflicting",
      "Texts with several labels",
      markup`
<p>The same text with different labels in one split. No classifier can get all of these rows right.</p>
${exampleTable(details.conflicting)}`,
    ],
  ];
  return parts.flatMap(([name, title, content]) =>
    content === undefined ? [] : [{ name, title, content }],
  );
}

/** The page; `date` is when it is written, in words for people. */
export function renderCheck(checked: CheckedDataset, { date }: { readonly date: string }): Page {
  const { name, check, refusal } = checked;
  const rows = check.splits.reduce((sum, split) => sum + split.rows, 0);
  const body = markup`
<header>
<h1>Check of ${foreign(name)}</h1>
<p>${counted(rows, "row")} with ${counted(check.labels.length, "label")}, checked before training.</p>
<p class="note">Written on ${date}.</p>
</header>
${refusal === undefined ? undefined : markup`<div class="verdict warning"><p><strong>Training would reject these data:</strong> ${foreign(refusal)}</p></div>`}
${viewOfCheck(checked).map((part) => markup`<section id="${part.name}"><h2>${part.title}</h2>\n${part.content}</section>\n`)}`;
  return page(`Check of ${name}`, body);
}

function warningList(
  { warnings }: DatasetCheck,
  advice: Readonly<Record<WarningCode, string>>,
): Markup {
  return markup`<div class="verdict warning"><ul>${warnings.map(
    ({ code, message }) =>
      markup`<li>${foreign(message)}<br/><strong>What to do:</strong> ${advice[code]}</li>`,
  )}</ul></div>`;
}

function splitTable({ check, files }: CheckedDataset): Markup {
  const { splits } = check;
  const line = (name: Content, cell: (split: SplitCheck) => Content) => [name, ...splits.map(cell)];
  const length = (name: string, value: (lengths: LengthSummary) => string) =>
    line(name, ({ lengths }) => (lengths === undefined ? "–" : value(lengths)));
  const unit = unitOf(check);
  const limit = splits.find(({ truncation }) => truncation !== undefined)?.truncation?.maxLength;
  return table(
    [{ title: "" }, ...splits.map(({ name }) => ({ title: name }))],
    [
      line("file", ({ name }) => foreign(files[name] ?? "cut from train")),
      line("rows", ({ rows }) => grouped(rows)),
      line("rows without a label", ({ unlabelledRows }) => grouped(unlabelledRows)),
      line("empty texts", ({ emptyTexts }) => grouped(emptyTexts)),
      line("rows repeating a text", ({ repeatedRows }) => grouped(repeatedRows)),
      line("texts with several labels", ({ conflictingTexts }) => grouped(conflictingTexts)),
      length(`${unit} per text: mean`, ({ mean }) => mean.toFixed(1)),
      length(`${unit} per text: median`, ({ median }) => grouped(median)),
      length(`${unit} per text: 95th percentile`, ({ p95 }) => grouped(p95)),
      length(`${unit} per text: longest`, ({ max }) => grouped(max)),
      ...(limit === undefined
        ? []
        : [
            line(`rows cut at ${limit} tokens`, ({ truncation, rows }) =>
              truncation === undefined
                ? "–"
                : `${grouped(truncation.rows)} (${percentOf(truncation.rows, rows)})`,
            ),
          ]),
    ],
  );
}

function unitOf({ splits }: DatasetCheck): LengthSummary["unit"] {
  return splits.find(({ lengths }) => lengths !== undefined)?.lengths?.unit ?? "words";
}

/** With more labels a chart is longer than anyone looks at. */
const CHARTED_LABELS = 40;
/** And a table too. */
const LISTED_LABELS = 1000;

function labelSection({ labels, splits }: DatasetCheck): Markup {
  // The most frequent in all splits first where not all can be shown.
  const rowsOf = (id: number) => splits.reduce((sum, { labelRows }) => sum + labelRows[id], 0);
  const ids = labels.map((_, id) => id);
  const ordered =
    labels.length <= CHARTED_LABELS ? ids : ids.toSorted((a, b) => rowsOf(b) - rowsOf(a));
  const shareText = (split: SplitCheck, id: number) =>
    `${grouped(split.labelRows[id])} of ${grouped(split.rows)} rows (${percentOf(split.labelRows[id], split.rows)})`;
  const chart = barChart(
    splits.map(({ name }, style) => ({ name, style })),
    ordered.slice(0, CHARTED_LABELS).map((id) => ({
      name: labels[id],
      bars: splits.map((split) => ({
        value: split.rows === 0 ? 0 : (100 * split.labelRows[id]) / split.rows,
        text: `${labels[id]}, ${split.name}: ${shareText(split, id)}`,
      })),
    })),
    {
      title: "Labels by split",
      description: `Share of each label in the rows of ${splits.map(({ name }) => name).join(", ")}, in percent. The table has the figures.`,
      xTitle: "% of the rows of the split",
      xFormat: (value, decimals) => value.toFixed(decimals),
    },
  );
  const listed = ordered.slice(0, LISTED_LABELS);
  const rows = table(
    [
      { title: "Label" },
      ...splits.flatMap(({ name }) => [{ title: `${name}: rows` }, { title: "share" }]),
    ],
    listed.map((id) => [
      foreign(labels[id]),
      ...splits.flatMap(({ labelRows, rows: all }) => [
        grouped(labelRows[id]),
        percentOf(labelRows[id], all),
      ]),
    ]),
    listed.length < labels.length
      ? `The ${LISTED_LABELS} most frequent of ${grouped(labels.length)} labels.`
      : undefined,
  );
  const caption =
    labels.length <= CHARTED_LABELS
      ? "Bars that differ a lot for a label mean that the splits were not drawn from the same distribution."
      : `The ${CHARTED_LABELS} most frequent of ${grouped(labels.length)} labels.`;
  if (labels.length > CHARTED_LABELS) return figures([figure(chart, "label-rows", caption, rows)]);
  return figures([
    figure(chart, "label-rows", caption, rows),
    markup`<div class="beside">${rows}</div>`,
  ]);
}

function lengthSection({ check, details }: CheckedDataset): Markup {
  return figures(
    details.lengths.map((lengths, style) => {
      const found = check.splits.find(({ name }) => name === lengths.split);
      return lengthFigure(lengths, style, found);
    }),
  );
}

function lengthFigure(
  { split, unit, edges, counts }: LengthHistogram,
  style: number,
  found: SplitCheck | undefined,
): Markup {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const furthest = edges[edges.length - 1];
  const limit = found?.truncation?.maxLength;
  const reference =
    limit !== undefined && limit < furthest ? { x: limit, text: `cut at ${limit}` } : undefined;
  const chart = histogram(edges, counts, style, reference, {
    title: `${split}: ${unit} per text`,
    description: `Lengths of the ${grouped(total)} texts of ${split} in ${unit}, in percentOf of the texts. The table has the figures.`,
    xTitle: `${unit} per text`,
    yTitle: "% of the texts",
    decimals: 0,
  });
  const longest = found?.lengths?.max ?? 0;
  const caption =
    longest >= furthest
      ? `The last column includes all longer texts; the longest has ${grouped(longest)} ${unit}.`
      : `The longest text has ${grouped(longest)} ${unit}.`;
  const data = table(
    [{ title: unit }, { title: "Texts" }, { title: "Share" }],
    counts.map((count, bin) => [
      bin === counts.length - 1 && longest >= furthest
        ? `${edges[bin]} or more`
        : `${edges[bin]} to ${edges[bin + 1] - 1}`,
      grouped(count),
      percentOf(count, total),
    ]),
  );
  return figure(chart, `lengths-${split}`, caption, data);
}

function overlapTable(check: DatasetCheck): Markup | undefined {
  if (check.overlaps.length === 0) return undefined;
  return table(
    [{ title: "Splits" }, { title: "Texts" }, { title: "Rows" }, { title: "With the same label" }],
    overlapCells(check),
  );
}

const SHOWN_DOUBTS = 50;

function doubtSection({ doubtful }: DatasetCheck): Markup | undefined {
  if (doubtful === undefined) return undefined;
  const { rows, further, examined, withEmbeddings } = doubtful;
  const list =
    rows.length === 0
      ? markup`<p>There are none in ${counted(examined, "row")}.</p>`
      : table(
          [
            { title: "Text", words: true },
            { title: "Line" },
            { title: "Label", words: true },
            { title: "Rather", words: true },
            { title: "Probability" },
          ],
          rows
            .slice(0, SHOWN_DOUBTS)
            .map(({ record, suggested, probability }) => [
              foreign(shortText(record.text)),
              String(record.line),
              foreign(record.label ?? ""),
              foreign(suggested),
              percentOf(probability, 1),
            ]),
          rows.length > SHOWN_DOUBTS
            ? `The first ${SHOWN_DOUBTS} of ${grouped(rows.length)} rows.`
            : undefined,
        );
  return markup`
<p>As many rows of train as probably have a wrong label, by TF-IDF ${withEmbeddings ? "with embeddings" : "with logistic regression"}, trained on other rows. Some are wrong, some are only hard.</p>
${list}${further.length === 0 ? undefined : markup`<p>${counted(further.length, "further row")} with a less doubtful label in rows.csv (<code>--output rows.csv</code>).</p>`}`;
}

function nearTable({ total, shown }: NearExamples): Markup {
  if (total === 0) return markup`<p>There are none.</p>`;
  return table(
    [{ title: "Texts" }, { title: "Alike" }, { title: "Split and line: label", words: true }],
    shown.map(({ text, other, similarity, places }) => [
      markup`${foreign(shortText(text))}<br/><br/>${foreign(shortText(other))}`,
      percentOf(similarity, 1),
      placeList(places),
    ]),
    shown.length < total ? `${shown.length} of ${grouped(total)} groups.` : undefined,
  );
}

const SHOWN_PLACES = 6;
const SHOWN_CHARACTERS = 240;

function exampleTable({ total, shown }: Examples): Markup {
  if (total === 0) return markup`<p>None.</p>`;
  const rows = shown.map(({ text, places }) => [foreign(shortText(text)), placeList(places)]);
  return table(
    [{ title: "Text" }, { title: "Split and line: label", words: true }],
    rows,
    shown.length < total ? `${shown.length} of ${grouped(total)} such texts.` : undefined,
  );
}

function shortText(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function placeList(places: readonly TextPlace[]): Markup {
  const more = places.length - SHOWN_PLACES;
  return markup`${places
    .slice(0, SHOWN_PLACES)
    .map(
      ({ split, line, label }, index) =>
        markup`${index === 0 ? undefined : markup`<br/>`}${split} ${line}: ${foreign(label ?? "no label")}`,
    )}${more <= 0 ? undefined : markup`<br/>and ${counted(more, "row")} more`}`;
}
