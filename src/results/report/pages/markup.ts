/**
 * HTML and SVG from templates in which every inserted string is escaped: labels and tokens are untrusted.
 * What is written is well-formed XML too, so that a strict parser can check a page.
 */
import type { ChartNumbers } from "../charts/numbers.js";

export interface ChartFile {
  /** The id of the chart, the only one of its kind in the page. */
  readonly id: string;
  readonly title: string;
  readonly svg: string;
  /** What it draws. */
  readonly numbers: ChartNumbers;
}

/** Text that is markup already, with the charts in it. Outside this file only our style sheets and charts are made so by hand. */
export class Markup {
  readonly source: string;
  readonly charts: readonly ChartFile[];

  constructor(source: string, charts: readonly ChartFile[] = []) {
    this.source = source;
    this.charts = charts;
  }
}

/** What a template may hold: strings and numbers are escaped, lists are joined, undefined is nothing. */
export type Content = string | number | Markup | undefined | readonly Content[];

/** A template whose values are escaped, in text and in quoted attributes alike. */
export function markup(fixed: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let source = fixed[0];
  values.forEach((value, index) => {
    source += written(value) + fixed[index + 1];
  });
  return new Markup(source, chartsIn(values));
}

function chartsIn(content: Content): readonly ChartFile[] {
  if (content instanceof Markup) return content.charts;
  return typeof content === "object" ? content.flatMap(chartsIn) : [];
}

function written(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.source;
  if (typeof content === "string") return escaped(content);
  if (typeof content === "number") return String(content);
  return content.map(written).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A string as text of HTML, SVG or a quoted attribute. Invisible characters become visible. */
export function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character]);
}

/**
 * Characters that XML forbids or that change how the text around them reads: control characters, marks that turn the
 * direction of writing, halves of surrogate pairs, noncharacters. The joiners U+200C and U+200D stay: words of some
 * languages and many emoji need them.
 */
const unseen = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu;

/** The text with invisible characters shown: a picture for control characters (U+0007 as ␇), else ‹U+202E›. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}
