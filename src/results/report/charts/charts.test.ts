import { describe, expect, it } from "vitest";
import { elementsNamed, readMarkup } from "../../../../test/fixtures/markup.js";
import { barChart } from "./bar-chart.js";
import { CHART_WIDTH, type Chart, chartElement, standaloneChart } from "./chart.js";
import { heatMap } from "./heat-map.js";
import { histogram } from "./histogram.js";
import { lineChart, shortCount } from "./line-chart.js";
import { textWidth } from "./text-width.js";

const words = { title: "A title", description: "What it shows." };
const axes = {
  ...words,
  xTitle: "steps",
  yTitle: "loss (nats)",
  yFormat: (value: number, decimals: number) => value.toFixed(decimals),
};
const bars = { ...words, xTitle: "F1 (%)", xFormat: (value: number) => String(value) };

const lines = lineChart(
  [
    { name: "STL", style: 0, points: [10, 20].map((x) => ({ x, y: x / 10 })) },
    { name: "L3", style: 2, points: [10, 20].map((x) => ({ x, y: 2, low: 1, high: 3 })) },
  ],
  axes,
);
const labels = barChart(
  [
    { name: "STL", style: 0 },
    { name: "L3", style: 2 },
  ],
  [
    {
      name: "<b>",
      bars: [
        { value: 50, spread: 10, text: "first" },
        { value: 100, text: "second" },
      ],
    },
    {
      name: "none",
      bars: [
        { value: undefined, text: "third" },
        { value: 0, text: "fourth" },
      ],
    },
  ],
  bars,
);
const confusion = heatMap(
  ["a", "b"],
  [
    [3, 1],
    [0, 0],
  ],
  { ...words, rowTitle: "expected", columnTitle: "predicted" },
);
const masks = histogram([0, 0.5, 1], [30, 10], 2, { x: 0.15, text: "RTM" }, axes);

const charts: Readonly<Record<string, Chart>> = { lines, labels, confusion, masks };

/** Numbers of a path or of attributes. */
const numbers = (text: string) =>
  Array.from(text.matchAll(/-?[\d.]+/g), ([number]) => Number(number));

describe.each(Object.entries(charts))("%s", (_name, chart) => {
  const source = chartElement(chart, "c1").source;
  const elements = readMarkup(source);

  it("is an image with a title and a description, for those who hear it", () => {
    const [svg] = elements.filter(({ name }) => name === "svg");
    expect(svg.attributes.role).toBe("img");
    expect(svg.attributes["aria-labelledby"]).toBe("c1-title c1-text");
    expect(svg.attributes.viewBox).toBe(`0 0 ${chart.width} ${chart.height}`);
    const named = (id: string) => elements.find(({ attributes }) => attributes.id === id)?.text;
    expect(named("c1-title")).toBe("A title");
    expect(named("c1-text")).toBe("What it shows.");
  });

  it("keeps every text within its frame", () => {
    const texts = elements.filter(({ name }) => name === "text");
    expect(texts.length).toBeGreaterThan(5);
    for (const { text, attributes } of texts) {
      const classes = attributes.class ?? "";
      const size = classes.includes("title") ? 15 : classes.includes("small") ? 11.5 : 13;
      const width = textWidth(text, size);
      const share = classes.includes("middle") ? 0.5 : classes.includes("end") ? 1 : 0;
      const left = Number(attributes.x) - share * width;
      expect(left, text).toBeGreaterThanOrEqual(-1);
      expect(left + width, text).toBeLessThanOrEqual(chart.width + 1);
      expect(Number(attributes.y)).toBeLessThanOrEqual(chart.height);
    }
  });

  it("is a file of its own without variables, on a light ground", () => {
    const file = standaloneChart(chart);
    expect(elementsNamed(file, "style")).toHaveLength(1);
    expect(file).not.toContain("var(");
    expect(file).toContain(`<rect class="paper" width="${chart.width}"`);
  });
});

describe("lineChart", () => {
  const source = chartElement(lines, "c").source;

  it("places values on round axes", () => {
    // y from 1 to 3 at ticks of 0.5; x from 10 to 20: the line of STL starts at the lower left corner.
    const paths = elementsNamed(source, "path");
    const [stl, l3] = paths.filter(
      ({ attributes }) => /^line s[02]$/.test(attributes.class ?? "") && attributes.d.includes("L"),
    );
    const [left, bottom, right, middle] = numbers(stl.attributes.d);
    const ticks = elementsNamed(source, "text").map(({ text }) => text);
    expect(ticks).toEqual(
      expect.arrayContaining(["1.0", "1.5", "3.0", "10", "20", "steps", "loss (nats)"]),
    );
    expect(right).toBe(CHART_WIDTH - 14);
    expect(numbers(l3.attributes.d)).toEqual([left, middle, right, middle]);
    const [band] = paths.filter(({ attributes }) => attributes.class?.includes("band"));
    const top = 2 * middle - bottom;
    expect(numbers(band.attributes.d)).toEqual([
      left,
      top,
      right,
      top,
      right,
      bottom,
      left,
      bottom,
    ]);
  });

  it("tells series apart without colour, in the legend too", () => {
    const ofStyle = (style: number) =>
      elementsNamed(source, "path").filter(
        ({ attributes }) => attributes.class === `line s${style}`,
      );
    expect(ofStyle(0).map(({ attributes }) => attributes["stroke-dasharray"])).toEqual([
      "8 4",
      "8 4",
    ]);
    expect(ofStyle(2).map(({ attributes }) => attributes["stroke-dasharray"])).toEqual([
      undefined,
      undefined,
    ]);
    const shapes = elementsNamed(source, "path").filter(({ attributes }) =>
      attributes.class?.endsWith("mark"),
    );
    expect(new Set(shapes.map(({ attributes }) => attributes.d)).size).toBe(2);
    expect(shapes).toHaveLength(6);
  });
});

describe("barChart", () => {
  it("draws lengths in proportion, whiskers around ends, and nothing for what is missing", () => {
    const source = chartElement(labels, "c").source;
    const drawn = elementsNamed(source, "rect").filter(
      ({ attributes }) => attributes.height === "8",
    );
    const widths = drawn.slice(2).map(({ attributes }) => Number(attributes.width));
    expect(widths).toHaveLength(3);
    expect(widths[0] / widths[1]).toBeCloseTo(0.5, 2);
    expect(widths[2]).toBe(0);
    const [whisker] = elementsNamed(source, "path").filter(({ attributes }) =>
      attributes.class?.startsWith("whisker"),
    );
    const [from, , to] = numbers(whisker.attributes.d);
    expect((to - from) / widths[1]).toBeCloseTo(0.2, 2);
    expect(elementsNamed(source, "title").map(({ text }) => text)).toEqual([
      "A title",
      "first",
      "second",
      "third",
      "fourth",
    ]);
  });
});

describe("heatMap", () => {
  it("writes percent of the row, shades by it, and leaves cells without rows empty", () => {
    const source = chartElement(confusion, "c").source;
    const shades = elementsNamed(source, "rect").map(
      ({ attributes }) => attributes["fill-opacity"],
    );
    // 0.72 of three quarters and of a quarter.
    expect(shades).toEqual(["0.54", "0.18"]);
    const texts = elementsNamed(source, "text").map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(["75", "25", "1 a", "2 b"]));
    expect(texts.filter((text) => text === "0")).toEqual([]);
    expect(source).toContain("a → b: 1 of 4");
  });

  it("never writes a share above zero as none", () => {
    const counts = [
      [999, 1],
      [0, 1],
    ];
    const chart = heatMap(["a", "b"], counts, { ...words, rowTitle: "", columnTitle: "" });
    expect(
      elementsNamed(chartElement(chart, "c").source, "text").map(({ text }) => text),
    ).toContain("<1");
  });

  it("grows with the labels, so that numbers stay readable", () => {
    const names = Array.from({ length: 30 }, (_, index) => `label ${index}`);
    const counts = names.map(() => names.map(() => 1));
    const chart = heatMap(names, counts, { ...words, rowTitle: "", columnTitle: "" });
    expect(chart.width).toBeGreaterThan(30 * 27);
  });
});

describe("histogram", () => {
  it("shows shares of all and the place of the other distribution", () => {
    const source = chartElement(masks, "c").source;
    const columns = elementsNamed(source, "rect").map(({ attributes }) =>
      Number(attributes.height),
    );
    expect(columns[0] / columns[1]).toBeCloseTo(3, 1);
    const titles = elementsNamed(source, "title").map(({ text }) => text);
    expect(titles).toContain("0.00 to 0.50: 75.0 %");
    const [line] = elementsNamed(source, "path").filter(
      ({ attributes }) => attributes.class === "reference",
    );
    const [axis] = elementsNamed(source, "path").filter(
      ({ attributes }) => attributes.class === "axis",
    );
    const [left, , right] = numbers(axis.attributes.d);
    expect((numbers(line.attributes.d)[0] - left) / (right - left)).toBeCloseTo(0.15, 2);
  });
});

describe("shortCount", () => {
  it("is short and loses nothing that shows", () => {
    expect([0, 500, 1500, 20_000, 1_250_000, 3e9].map(shortCount)).toEqual([
      "0",
      "500",
      "1500",
      "20k",
      "1.25M",
      "3G",
    ]);
  });
});
