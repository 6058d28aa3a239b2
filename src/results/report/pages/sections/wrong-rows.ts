/** The held-out rows that got a wrong label, the surest first, and a filter of them. */

import { count, counted } from "../../../../base/figures.js";
import { NO_LABELS } from "../../../../data/label-sets.js";
import { strongestWords } from "../../../errors/wrong-rows.js";
import type { WrongRow } from "../../../records/wrong-rows.js";
import { type Markup, markup } from "../markup.js";
import { foreign } from "../page.js";
import { attributionLegend, textByWords } from "../token-text.js";

/** Rows that a page lists; more of them nobody reads, and the page would grow without end. */
const LISTED_ROWS = 500;

/** Characters of a text that is not shown by its words. */
const SHOWN_CHARACTERS = 1000;

/** Words that are named as those that spoke for the label. */
const NAMED_WORDS = 5;

export function wrongRowsSection(
  wrong: readonly WrongRow[],
  { heldOut, split }: { readonly heldOut: number; readonly split: "train" | "dev" | "test" },
): Markup {
  if (wrong.length === 0) {
    return markup`<p>All ${counted(heldOut, "row")} of ${split} got the right label.</p>`;
  }
  const listed = wrong.slice(0, LISTED_ROWS);
  const pairs = pairsOf(listed);
  const rest = listed.length === wrong.length ? "" : ` The first ${count(listed.length)} are here.`;
  const isCut = listed.some(({ words }) => words?.unread !== undefined);
  return markup`
<p>${count(wrong.length)} of ${counted(heldOut, "row")} in ${split} got a label other than the one in the file, most confident first: the first ones are hard, or labelled
wrongly.${rest} <code>errors.csv</code> in the run folder has them all.</p>
${
  listed.some(({ words }) => words !== undefined)
    ? markup`<p class="note">Marked words support the predicted label or argue against it.${isCut ? " Text in italics is beyond the maximum length: the classifier did not read it." : undefined}</p>${attributionLegend()}`
    : undefined
}
<form id="wrong-filter" class="filter" hidden="hidden">
<label for="wrong-pair">Labels</label>
<select id="wrong-pair"><option value="">all pairs</option>${pairs.map(
    ({ key, expected, predicted, rows }) =>
      markup`<option value="${key}">${expected} → ${predicted} (${rows})</option>`,
  )}</select>
<label for="wrong-text">Text contains</label>
<input id="wrong-text" type="search" autocomplete="off"/>
<output id="wrong-shown" for="wrong-pair wrong-text" aria-live="polite">${counted(listed.length, "row")}</output>
</form>
<ol id="wrong-rows" class="wrong-rows">${listed.map((row) => rowView(row, pairs))}</ol>`;
}

interface LabelPair {
  readonly key: string;
  readonly expected: string;
  readonly predicted: string;
  readonly rows: number;
}

/** Which label was taken for which, the most frequent pair first; equal ones in the order of their rows. */
function pairsOf(rows: readonly WrongRow[]): readonly LabelPair[] {
  const pairs = new Map<string, LabelPair>();
  for (const { expected, predicted } of rows) {
    const name = JSON.stringify([expected, predicted]);
    const known = pairs.get(name) ?? { key: String(pairs.size + 1), expected, predicted, rows: 0 };
    pairs.set(name, { ...known, rows: known.rows + 1 });
  }
  return [...pairs.values()].sort((a, b) => b.rows - a.rows);
}

function rowView(row: WrongRow, pairs: readonly LabelPair[]): Markup {
  const pair = pairs.find(
    ({ expected, predicted }) => expected === row.expected && predicted === row.predicted,
  );
  return markup`<li data-pair="${pair?.key ?? ""}">${wrongRowContent(row)}</li>`;
}

/** What is shown of a row: its labels, its text word by word where that is known, and its place. */
export function wrongRowContent(row: WrongRow): Markup {
  const { expected, predicted, probability, file, line, words } = row;
  const { explained_label: explained = predicted } = row;
  const named = words === undefined ? [] : strongestWords(words, NAMED_WORDS);
  return markup`<p class="labels">${foreign(expected || NO_LABELS)}, taken for <strong>${foreign(predicted || NO_LABELS)}</strong>, ${(100 * probability).toFixed(1)} %</p>
${words === undefined ? plainText(row.text) : textByWords(words)}
<p class="note">${foreign(file)}, line ${count(line)}.${row.seen_in_training ? " The same text is also in train." : undefined}${
    named.length === 0
      ? undefined
      : markup` For ${foreign(explained)}: ${named.map((word, index) => [index === 0 ? undefined : ", ", foreign(word)])}.`
  }</p>`;
}

function plainText(text: string): Markup {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)} …` : text;
  return markup`<p class="tokens" dir="auto">${shown}</p>`;
}

export const wrongRowsStyle = `
.filter{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center;background:var(--soft);padding:.6rem .8rem;margin:1rem 0;max-width:60rem}
.filter[hidden]{display:none}
.filter select,.filter input{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--soft-ink);border-radius:.2rem;padding:.25rem .4rem;max-width:100%;min-width:0}
.filter output{color:var(--soft-ink)}
.wrong-rows{padding-left:0;list-style:none}
.wrong-rows li{border-left:3px solid var(--rule);padding-left:.8rem;margin:1.2rem 0;max-width:60rem;break-inside:avoid}
.wrong-rows p{margin:.2rem 0}
@media print{.filter{display:none}}
`;

/** Hides the rows that the filter leaves out. Without it all rows are shown and the filter is not. It holds no character that XML escapes. */
export const wrongRowsScript = `
(function () {
  var form = document.getElementById("wrong-filter");
  if (form === null) return;
  var pair = document.getElementById("wrong-pair");
  var text = document.getElementById("wrong-text");
  var told = document.getElementById("wrong-shown");
  var rows = Array.from(document.getElementById("wrong-rows").children, function (row) {
    return { row: row, pair: row.dataset.pair, text: row.querySelector(".tokens").textContent.toLowerCase() };
  });
  function show() {
    var part = text.value.trim().toLowerCase();
    var shown = rows.filter(function (one) {
      var fits = pair.value === "" || one.pair === pair.value;
      one.row.hidden = fits ? !one.text.includes(part) : true;
      return !one.row.hidden;
    });
    told.textContent = shown.length === rows.length ? rows.length + (rows.length === 1 ? " row" : " rows") : shown.length + " of " + rows.length + " rows";
  }
  pair.addEventListener("change", show);
  text.addEventListener("input", show);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  show();
})();
`;
