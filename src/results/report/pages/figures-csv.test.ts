import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type InventedShape, inventedComparison } from "../../../../test/fixtures/comparison.js";
import { elementsNamed, readMarkup } from "../../../../test/fixtures/markup.js";
import { parseCsv } from "../../../data/formats/delimited.js";
import { chartElement } from "../charts/chart.js";
import { lineChart } from "../charts/line-chart.js";
import { renderComparison } from "./comparison.js";
import { figuresCsv } from "./figures-csv.js";
import type { ChartFile } from "./markup.js";

const rowSchema = z.object({
  ...{ id: z.string(), figure: z.string(), series: z.string(), y_title: z.string() },
  ...{ x: z.string(), x_end: z.string(), y: z.string(), low: z.string(), high: z.string() },
});
type FigureRow = z.infer<typeof rowSchema>;

function rowsOf(charts: readonly ChartFile[]): FigureRow[] {
  const { rows } = parseCsv(figuresCsv(charts), "figures.csv");
  return rows.map(({ columns }) => rowSchema.parse(columns));
}

const numbers = (text: string) =>
  Array.from(text.matchAll(/-?[\d.]+/g), ([number]) => Number(number));

/** Value -> place in the drawing, by two ticks. */
function scale(ticks: readonly (readonly [value: number, place: number])[]) {
  const [[firstValue, first], [lastValue, last]] = [ticks[0], ticks[ticks.length - 1]];
  return (value: number) =>
    first + ((value - firstValue) / (lastValue - firstValue)) * (last - first);
}

function drawing(charts: readonly ChartFile[], id: string) {
  const elements = readMarkup(charts.find((chart) => chart.id === id)?.svg ?? "");
  const paths = (kind: string) =>
    elements.filter((one) => one.name === "path" && one.attributes.class?.startsWith(kind));
  const labels = (kind: string) =>
    elements.filter((one) => one.name === "text" && one.attributes.class === kind);
  const boxes = (kind: string) =>
    elements.filter((one) => one.name === "rect" && one.attributes.class?.startsWith(kind));
  return { paths, labels, boxes };
}

const shapes: Readonly<Record<string, InventedShape>> = {
  usual: {},
  "no test split, one seed": { hasTest: false, seeds: [3] },
  "two data sets, odd names": {
    datasets: ["one", "two"],
    labels: ['a, "quoted" label', "line\nend", "turned\u202e"],
    tokens: ["Ġ\u0000", ",", '"'],
  },
};

describe.each(Object.entries(shapes))("a comparison: %s", (_name, shape) => {
  const { html, charts } = renderComparison(inventedComparison(shape));
  const rows = rowsOf(charts);

  it("has rows for every chart of the page, under its title, and for nothing else", () => {
    const drawn = elementsNamed(html, "svg").map(({ attributes }) =>
      attributes["aria-labelledby"].replace(/-title .*/, ""),
    );
    expect(drawn.length).toBeGreaterThan(7);
    expect([...new Set(rows.map(({ id }) => id))]).toEqual(drawn);
    const titles = new Map(
      elementsNamed(html, "title").map(({ attributes, text }) => [attributes.id, text]),
    );
    for (const { id, figure } of rows) expect(figure).toBe(titles.get(`${id}-title`));
  });

  it("has a row for every point of a line", () => {
    const drawn = charts.flatMap(({ id, svg }) => {
      // The samples in the legend are drawn by h.
      const curves = elementsNamed(svg, "path").filter(
        ({ attributes: { class: name, d } }) => name?.startsWith("line ") && !d.includes("h"),
      );
      const points = curves.flatMap(({ attributes }) => attributes.d.split("L"));
      return points.length === 0 ? [] : [[id, points.length]];
    });
    expect(drawn.length).toBeGreaterThan(4);
    for (const [id, points] of drawn) {
      expect(
        rows.filter((row) => row.id === id),
        String(id),
      ).toHaveLength(Number(points));
    }
  });
});

describe("a row", () => {
  const { charts } = renderComparison(inventedComparison());
  const rows = rowsOf(charts);
  const of = (id: string, series?: string) =>
    rows.filter((row) => row.id === id && (series === undefined || row.series === series));

  it("is where the line is drawn, with its band", () => {
    const { paths, labels } = drawing(charts, "g1-dev-accuracy");
    const heights = paths("grid").map(({ attributes }) => numbers(attributes.d)[1]);
    const y = scale(heights.map((place, index) => [Number(labels("end")[index].text), place]));
    const marks = paths("axis").filter(({ attributes }) => attributes.d.endsWith("v5"));
    const x = scale(
      labels("middle")
        .slice(0, 2)
        .map(({ text }, index) => [Number(text), numbers(marks[index].attributes.d)[0]]),
    );
    const curve = paths("line s2").find(({ attributes }) => attributes.d.includes("L"));
    const places = (curve?.attributes.d ?? "").slice(1).split("L").map(numbers);
    const given = of("g1-dev-accuracy", "MTL L3Masking");
    expect(given.length).toBeGreaterThan(3);
    expect(given).toHaveLength(places.length);
    given.forEach((row, index) => {
      expect(Math.abs(x(Number(row.x)) - places[index][0])).toBeLessThan(0.2);
      expect(Math.abs(y(Number(row.y)) - places[index][1])).toBeLessThan(0.2);
    });
    const band = paths("fill band s2")[0].attributes.d.slice(1, -1).split("L").map(numbers);
    expect(Math.abs(y(Number(given[0].high)) - band[0][1])).toBeLessThan(0.2);
    expect(Math.abs(y(Number(given[0].low)) - band[band.length - 1][1])).toBeLessThan(0.2);
    expect(given[0].y_title).toBe("accuracy (%)");
  });

  it("is where the bar ends, with its whisker", () => {
    const { paths, labels, boxes } = drawing(charts, "g1-labels");
    const ticks = paths("grid").map(({ attributes }) => numbers(attributes.d)[0]);
    const x = scale(ticks.map((place, index) => [Number(labels("middle")[index].text), place]));
    const given = of("g1-labels");
    // Those of the legend come first.
    const bars = boxes("fill bar").slice(-given.length);
    given.forEach((row, index) => {
      const { attributes } = bars[index];
      expect(
        Math.abs(x(Number(row.y)) - Number(attributes.x) - Number(attributes.width)),
      ).toBeLessThan(0.2);
    });
    const ends = paths("whisker").map(({ attributes }) => numbers(attributes.d)[2]);
    const spread = given.filter(({ low, high }) => low !== high);
    expect(ends.length).toBeGreaterThan(0);
    expect(spread).toHaveLength(ends.length);
    spread.forEach(({ high }, index) => {
      expect(Math.abs(x(Number(high)) - ends[index])).toBeLessThan(0.2);
    });
  });

  it("is a column of a histogram, or its dashed line", () => {
    const id = rows.find(({ figure }) => figure.startsWith("Mask probability of tokens"))?.id ?? "";
    const { paths, labels, boxes } = drawing(charts, id);
    const heights = paths("grid").map(({ attributes }) => numbers(attributes.d)[1]);
    const y = scale(heights.map((place, index) => [numbers(labels("end")[index].text)[0], place]));
    const drawn = of(id).filter((row) => Number(row.y) > 0);
    expect(drawn).toHaveLength(boxes("fill bar").length);
    drawn.forEach((row, index) => {
      expect(
        Math.abs(y(Number(row.y)) - Number(boxes("fill bar")[index].attributes.y)),
      ).toBeLessThan(0.2);
      expect(Number(row.x_end)).toBeGreaterThan(Number(row.x));
    });
    expect(of(id).filter((row) => row.y === "")).toHaveLength(paths("reference").length);
  });

  it("is a cell of a matrix, also an empty one", () => {
    const id = rows.find(({ id }) => id.startsWith("g1-confusion"))?.id ?? "";
    const svg = charts.find((chart) => chart.id === id)?.svg ?? "";
    // "Background → Methods: 3 of 12" is read when a cell is pointed at.
    const cells = elementsNamed(svg, "title").flatMap(({ text }) => {
      const found = /^(.+) → (.+): (\d+) of (\d+)$/.exec(text);
      return found === null ? [] : [found.slice(1)];
    });
    const given = of(id);
    const labels = new Set(given.map(({ series }) => series));
    expect(given).toHaveLength(labels.size ** 2);
    expect(cells.length).toBeGreaterThan(labels.size);
    expect(cells).toHaveLength(given.filter(({ y }) => Number(y) > 0).length);
    for (const [expected, predicted, part, whole] of cells) {
      const found = given.find(({ series, x }) => series === expected && x === predicted);
      expect(Number(found?.y)).toBeCloseTo((100 * Number(part)) / Number(whole), 9);
    }
  });

  it("has every digit", () => {
    const one = inventedComparison({ seeds: [3] });
    const written = rowsOf(renderComparison(one).charts);
    const curve = one.runs.find(({ method }) => method === "stl")?.dev_curve ?? [];
    const found = written.filter((row) => row.id === "g1-dev-loss" && row.series === "STL");
    expect(found.map(({ x, y, low }) => [Number(x), Number(y), low])).toEqual(
      curve.map(({ step, loss }) => [step, loss, ""]),
    );
  });
});

it("names are as the page shows them, and fields that need quotes have them", () => {
  const points = [{ x: 1, y: 1 / 3 }];
  const chart = lineChart([{ name: 'a, "b"\u202e', style: 0, points }], {
    ...{ title: "Loss", description: "", xTitle: "steps", yTitle: "nats" },
    yFormat: String,
  });
  expect(figuresCsv(chartElement(chart, "c").charts)).toBe(
    `id,figure,series,x_title,x,x_end,y_title,y,low,high\nc,Loss,"a, ""b""‹U+202E›",steps,1,,nats,${1 / 3},,\n`,
  );
  expect(figuresCsv([])).toBe("id,figure,series,x_title,x,x_end,y_title,y,low,high\n");
});
