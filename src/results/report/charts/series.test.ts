import { describe, expect, it } from "vitest";
import {
  type ColourName,
  dashes,
  marker,
  palette,
  SERIES_STYLES,
  seriesClass,
  seriesColours,
} from "./series.js";

type Rgb = readonly [number, number, number];

/** Linear red, green and blue of "#rrggbb", in 0 .. 1. */
function linear(colour: string): Rgb {
  const channel = (start: number) => {
    const value = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

const luminance = ([red, green, blue]: Rgb) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

/** Contrast ratio of WCAG 2. */
function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const times = (matrix: readonly Rgb[], vector: Rgb): Rgb => {
  const row = (index: number) =>
    matrix[index].reduce((sum, factor, column) => sum + factor * vector[column], 0);
  return [row(0), row(1), row(2)];
};

/** Full dichromacy, from Machado, Oliveira & Fernandes 2009, on linear colours. */
const vision: Readonly<Record<string, readonly Rgb[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** CIE L*a*b* of a linear colour, white D65. */
function lab(colour: Rgb): Rgb {
  const [x, y, z] = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    colour,
  );
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const [fx, fy, fz] = [f(Math.max(0, x) / 0.9505), f(Math.max(0, y)), f(Math.max(0, z) / 1.089)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

const distance = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe.each(["light", "dark"] as const)("colours on a %s page", (side) => {
  const of = (name: ColourName) => linear(palette[name][side]);

  it("stand out: text by 4.5 to 1, lines by 3 to 1", () => {
    expect(contrast(of("ink"), of("paper"))).toBeGreaterThan(7);
    expect(contrast(of("soft-ink"), of("paper"))).toBeGreaterThan(4.5);
    for (const name of seriesColours) {
      expect(contrast(of(name), of("paper")), name).toBeGreaterThan(3);
    }
  });

  it("leave numbers readable on the strongest shade of a heat map", () => {
    const blend = (name: ColourName, index: number) =>
      Number.parseInt(palette[name][side].slice(2 * index + 1, 2 * index + 3), 16);
    const shade = [0, 1, 2]
      .map((index) => Math.round(0.72 * blend("heat", index) + 0.28 * blend("paper", index)))
      .map((value) => value.toString(16).padStart(2, "0"));
    expect(contrast(of("ink"), linear(`#${shade.join("")}`))).toBeGreaterThan(4.5);
  });

  it.each(Object.keys(vision))("differ to an eye with %s", (kind) => {
    for (const [index, one] of seriesColours.entries()) {
      for (const other of seriesColours.slice(index + 1)) {
        const seen = (name: ColourName) => lab(times(vision[kind], of(name)));
        // The three methods of a comparison must differ clearly, further series at least visibly.
        const least = index + 1 < 3 && seriesColours.indexOf(other) < 3 ? 20 : 8;
        expect(distance(seen(one), seen(other)), `${one}, ${other}`).toBeGreaterThan(least);
      }
    }
  });
});

describe("series", () => {
  it("have dashes and markers of their own", () => {
    const styles = Array.from({ length: SERIES_STYLES }, (_, style) => style);
    const shape = (style: number) => / d="([^"]+)"/.exec(marker(style, 0, 0).source)?.[1];
    const looks = styles.map((style) =>
      [seriesClass(style), dashes(style)?.source, shape(style)].join(),
    );
    expect(new Set(looks).size).toBe(SERIES_STYLES);
    const first = styles.slice(0, seriesColours.length);
    expect(new Set(first.map((style) => dashes(style)?.source)).size).toBe(first.length);
    expect(new Set(first.map(shape)).size).toBe(first.length);
    expect(shape(SERIES_STYLES)).toBe(shape(0));
  });
});
