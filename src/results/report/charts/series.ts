/**
 * How the series of a chart differ: by colour, and for those who cannot tell the colours apart, or print without
 * them, also by dashes and by the shape of markers.
 *
 * Colours start from Okabe & Ito 2008, "Color Universal Design", darkened or lightened until they stand out
 * from the page.
 */
import { type Markup, markup } from "../pages/markup.js";

/** Colours by name, on a light page and on a dark one. */
export const palette = {
  "series-0": { light: "#555555", dark: "#b8b8b8" },
  "series-1": { light: "#0072b2", dark: "#56b4e9" },
  "series-2": { light: "#c34f00", dark: "#f0a030" },
  "series-3": { light: "#00805c", dark: "#35c79a" },
  "series-4": { light: "#a03a86", dark: "#e59ad0" },
  "series-5": { light: "#332288", dark: "#e8dc58" },
  "series-6": { light: "#4a6fff", dark: "#8c6bff" },
  "series-7": { light: "#8b3a00", dark: "#c0583c" },
  heat: { light: "#0072b2", dark: "#1a80bf" },
  ink: { light: "#1a1c1e", dark: "#eceef0" },
  "soft-ink": { light: "#51575d", dark: "#a9b1b9" },
  rule: { light: "#d5d9dd", dark: "#3b4249" },
  paper: { light: "#ffffff", dark: "#15181b" },
} as const satisfies Readonly<Record<string, { readonly light: string; readonly dark: string }>>;

export type ColourName = keyof typeof palette;

/** The colours of series, in order. */
export const seriesColours = [
  "series-0",
  "series-1",
  "series-2",
  "series-3",
  "series-4",
  "series-5",
  "series-6",
  "series-7",
] as const satisfies readonly ColourName[];

/** Series with a colour of their own. */
const COLOURS = seriesColours.length;

/** Series with a look of their own; more repeat them. */
export const SERIES_STYLES = COLOURS * COLOURS;

/** Number of its dashes and its marker: with every round through the colours they move on by three, so that none meets its own again. */
function shapeOf(series: number): number {
  return (series + 3 * Math.floor(series / COLOURS)) % COLOURS;
}

const dashPatterns = [
  "8 4",
  "2.5 2.5",
  "",
  "9 3 2 3",
  "14 3",
  "5 2 1.5 2",
  "1.5 4",
  "12 3 5 3",
] as const;

/** Dashes of a series as an attribute; the third, L3Masking in a comparison, is solid. */
export function dashes(series: number): Markup | undefined {
  const pattern = dashPatterns[shapeOf(series)];
  return pattern === "" ? undefined : markup` stroke-dasharray="${pattern}"`;
}

/** Outlines around (0, 0), about 8 units across. */
const shapes = [
  "M-3.6,0A3.6,3.6 0 1 0 3.6,0A3.6,3.6 0 1 0 -3.6,0Z",
  "M-3.4,-3.4H3.4V3.4H-3.4Z",
  "M0,-4.4L4.2,3.2H-4.2Z",
  "M0,-4.8L4.8,0L0,4.8L-4.8,0Z",
  "M0,4.4L4.2,-3.2H-4.2Z",
  "M-4,-1.4H-1.4V-4H1.4V-1.4H4V1.4H1.4V4H-1.4V1.4H-4Z",
  "M-4.2,0L-2.1,-3.7H2.1L4.2,0L2.1,3.7H-2.1Z",
  "M0,-1.9L2.3,-4.2L4.2,-2.3L1.9,0L4.2,2.3L2.3,4.2L0,1.9L-2.3,4.2L-4.2,2.3L-1.9,0L-4.2,-2.3L-2.3,-4.2Z",
] as const;

/** The marker of a series at a place. */
export function marker(series: number, x: number, y: number): Markup {
  return markup`<path class="fill ${seriesClass(series)} mark" transform="translate(${x},${y})" d="${shapes[shapeOf(series)]}"/>`;
}

/** The class that colours a series. */
export function seriesClass(series: number): string {
  return `s${series % COLOURS}`;
}

/**
 * The style sheet that charts need. `colour` writes a colour: as a variable of the page, or as itself where
 * variables are not understood.
 */
export function chartStyle(colour: (name: ColourName) => string): string {
  const series = seriesColours.map((name, style) => {
    const value = colour(name);
    return `.line.s${style},.whisker.s${style}{stroke:${value}}.fill.s${style}{fill:${value}}`;
  });
  return [
    `.chart text{font-family:system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;font-size:13px;fill:${colour("ink")};unicode-bidi:isolate}`,
    `.chart .title{font-size:15px;font-weight:600}`,
    `.chart .soft{fill:${colour("soft-ink")}}`,
    `.chart .small{font-size:11.5px}`,
    `.middle{text-anchor:middle}.end{text-anchor:end}`,
    `.grid{stroke:${colour("rule")};stroke-width:1}.axis{stroke:${colour("soft-ink")};stroke-width:1}`,
    `.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.band{fill-opacity:.16}.whisker{stroke-width:1.4;fill:none}`,
    `.mark{stroke:${colour("paper")};stroke-width:1}`,
    `.bar{fill-opacity:.75}.heat{fill:${colour("heat")}}.cell{stroke:${colour("rule")};stroke-width:1;fill:none}`,
    `.paper{fill:${colour("paper")}}.reference{stroke:${colour("ink")};stroke-width:1.6;stroke-dasharray:5 3;fill:none}`,
    ...series,
  ].join("\n");
}
