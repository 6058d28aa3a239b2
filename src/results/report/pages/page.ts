/** The frame of a report: one file with its style inside, readable without network, in light, in dark and on paper. */
import { sha256 } from "../../../base/sha256.js";
import type { Chart } from "../charts/chart.js";
import { chartElement } from "../charts/chart.js";
import { chartStyle, palette } from "../charts/series.js";
import { type ChartFile, type Content, Markup, markup } from "./markup.js";
import { tokenTextStyle } from "./token-text.js";

/** A page as one HTML file that needs nothing else, and its charts as files of their own. */
export interface Page {
  readonly html: string;
  readonly charts: readonly ChartFile[];
}

/** What a page has beyond the style of all. */
interface Own {
  readonly style?: string;
  readonly script?: string;
}

/**
 * The whole page. Nothing in it is fetched, and nothing is run but `script`, by its digest: the policy forbids the rest even if an escape
 * were missed. A script holds no character that XML escapes.
 */
export function page(title: string, body: Markup, { style, script }: Own = {}): Page {
  const allowed = script === undefined ? "" : `; script-src 'sha256-${base64Digest(script)}'`;
  const policy = `default-src 'none'; style-src 'unsafe-inline'${allowed}`;
  const document = markup`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="color-scheme" content="light dark"/>
<title>${title}</title>
${styleSheet}${style === undefined ? undefined : new Markup(`\n<style>${style}</style>`)}
</head>
<body>
<main>
${body}
</main>
${script === undefined ? undefined : new Markup(`<script>${script}</script>\n`)}</body>
</html>
`;
  return { html: `<!DOCTYPE html>\n${document.source}`, charts: body.charts };
}

/** SHA-256 as a content security policy writes it. */
function base64Digest(text: string): string {
  const bytes = sha256([text]).match(/../g) ?? [];
  return btoa(String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))));
}

const variables = (side: "light" | "dark") =>
  Object.entries(palette)
    .map(([name, colours]) => `--${name}:${colours[side]}`)
    .join(";");

/** The style of every page and of what is shown elsewhere of them. */
export const pageStyle = `
:root{${variables("light")};--soft:#f3f5f7;--good:#00805c;--open:#7a6000}
@media screen and (prefers-color-scheme:dark){:root{${variables("dark")};--soft:#20252a;--good:#35c79a;--open:#e8dc58}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
main{max-width:75rem;margin:0 auto;padding:1.2rem .75rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:.4rem 0}
h2{font-size:1.4rem;margin:2.6rem 0 .6rem;padding-top:.6rem;border-top:2px solid var(--rule)}
h3{font-size:1.12rem;margin:2rem 0 .4rem}
p,li,dd,dt{max-width:48rem}
p{margin:.5rem 0}
a{color:var(--series-1)}
.soft{color:var(--soft-ink)}
.note{font-size:.9rem;color:var(--soft-ink)}
.verdict{background:var(--soft);border-left:5px solid var(--series-1);padding:.7rem 1rem;margin:1rem 0;max-width:52rem}
.verdict ul{padding-left:1.1rem;margin:.4rem 0}
.verdict li{margin:.5rem 0}
.warning{border-left-color:var(--series-2)}
.tag{display:inline-block;border:1.5px solid currentColor;border-radius:.7rem;padding:0 .55rem;font-size:.82rem;font-weight:600;white-space:nowrap}
.tag.good{color:var(--good)}.tag.open{color:var(--open)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.32rem .7rem;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
td{white-space:nowrap}
td.words{white-space:normal}
th:first-child,td:first-child{text-align:left;padding-left:.2rem}
th.words,td.words{text-align:left;min-width:9rem}
th .note{font-weight:400}
thead th{font-weight:600;border-bottom:2px solid var(--soft-ink)}
td.best{font-weight:700}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1.2rem 1.6rem;align-items:start;margin:.8rem 0}
figure{margin:0;max-width:29rem;min-width:0;break-inside:avoid}
.beside{min-width:0}
@media (min-width:52rem){.beside{grid-column:span 2}}
figure.wide{grid-column:1/-1;max-width:100%}
figure svg{display:block;width:100%;height:auto}
figcaption{font-size:.9rem;color:var(--soft-ink);margin-top:.2rem}
details{margin:.35rem 0}
summary{cursor:pointer;color:var(--soft-ink);font-size:.9rem}
code,kbd,pre{font:.88em/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--soft);padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
td,th,li,dd,p{overflow-wrap:break-word}
td bdi,th bdi{overflow-wrap:anywhere}
tbody th:has(bdi){min-width:8.5rem}
.token{background:var(--soft);padding:0 .25rem;border-radius:.2rem;white-space:pre-wrap}
dt{font-weight:600;margin-top:.6rem}
dd{margin:0 0 0 1.2rem}
${tokenTextStyle.trim()}
@media print{
body{font-size:10.5pt}
main{max-width:none;padding:0}
.figures{grid-template-columns:repeat(2,minmax(0,1fr))}
.beside{grid-column:1/-1}
details:not([open]){display:none}
dt{break-after:avoid}
.note,figcaption{font-size:8.5pt}
table{font-size:8pt}
th,td{padding:.15rem .3rem}
p{orphans:3;widows:3}
.scroll{overflow:visible}
h2,h3{break-after:avoid}
tr,.verdict{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
nav{display:none}
}
${chartStyle((name) => `var(--${name})`)}
`;

const styleSheet = new Markup(`<style>${pageStyle}</style>`);

/** A part of the page with its heading; `name` makes its id within the owner's. */
export function part(
  owner: { readonly id: string },
  name: string,
  title: string,
  content: Content,
) {
  return markup`<section id="${owner.id}-${name}-section"><h3>${title}</h3>${content}</section>`;
}

/** A column of a table. */
export interface Column {
  readonly title: Content;
  /** Text of some length, flush left. */
  readonly words?: boolean;
}

export interface Cell {
  readonly content: Content;
  readonly best?: boolean;
}

/**
 * A table that scrolls by itself where it is wider than the page. The first column heads the rows. The caption stands
 * before it, so that it does not scroll along.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (Content | Cell)[])[],
  caption?: string,
): Markup {
  const head = columns.map(
    ({ title, words }) => markup`<th scope="col"${kind(words)}>${title}</th>`,
  );
  const lines = rows.map((row) => {
    const cells = row.map((given, index) => {
      const { content, best } = isCell(given) ? given : { content: given, best: false };
      if (index === 0) return markup`<th scope="row">${content}</th>`;
      const mark = best === true ? markup` class="best"` : kind(columns[index].words);
      return markup`<td${mark}>${content}</td>`;
    });
    return markup`<tr>${cells}</tr>`;
  });
  return markup`${caption === undefined ? undefined : markup`<p class="note">${caption}</p>`}<div class="scroll"><table${caption === undefined ? undefined : markup` aria-label="${caption}"`}><thead><tr>${head}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

function isCell(given: Content | Cell): given is Cell {
  return typeof given === "object" && "content" in given;
}

function kind(words: boolean | undefined): Markup | undefined {
  return words === true ? markup` class="words"` : undefined;
}

/** A chart with a sentence below it and its figures as a table that can be unfolded. */
export function figure(
  chart: Chart,
  id: string,
  caption: Content,
  data: Markup,
  dataTitle = "The figures as a table",
): Markup {
  const wide = chart.width > WIDE_FROM;
  const size = wide
    ? markup`<div class="scroll"><div style="min-width:${chart.width}px;max-width:${Math.round(chart.width * 1.2)}px">${chartElement(chart, id)}</div></div>`
    : chartElement(chart, id);
  return markup`<figure${wide ? markup` class="wide"` : undefined}>${size}<figcaption>${caption}</figcaption><details><summary>${dataTitle}</summary>${data}</details></figure>`;
}

/** Charts wider than this have a line of the page to themselves. */
const WIDE_FROM = 400;

/** Figures beside each other as the page has room. */
export function figures(list: readonly Content[]): Markup {
  return markup`<div class="figures">${list}</div>`;
}

/** Untrusted text, isolated so that its writing direction does not affect its surroundings. */
export function foreign(text: string): Markup {
  return markup`<bdi>${text}</bdi>`;
}
