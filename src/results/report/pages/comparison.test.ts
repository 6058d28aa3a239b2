import { describe, expect, it } from "vitest";
import {
  type InventedShape,
  inventedComparison,
  threeMethods,
} from "../../../../test/fixtures/comparison.js";
import { elementsNamed, readMarkup } from "../../../../test/fixtures/markup.js";
import type { Comparison } from "../../records/comparison.js";
import { renderComparison } from "./comparison.js";

const render = (comparison: Comparison) => renderComparison(comparison).html;

/** All that a reader sees and a screen reader says, without the markup. */
const textOf = (html: string) => {
  const [body] = elementsNamed(html, "body");
  return body.text.replace(/\s+/g, " ");
};

const hostileLabels = [
  "<script>alert(1)</script>",
  `"quotes" & 'apostrophes'`,
  "תיוג בעברית",
  "control\u0007and\u202Eturned",
  "A label of sixty characters that goes on and on until its end",
  "__proto__",
  ...Array.from({ length: 24 }, (_, index) => `label ${index}`),
];

const shapes: Readonly<Record<string, InventedShape>> = {
  usual: {},
  "one seed": { seeds: [3] },
  "two seeds": { seeds: [0, 1] },
  "no test split": { hasTest: false },
  "no leaks": { leakFreeRows: 139 },
  "nothing but leaks": { leakFreeRows: 0 },
  "equal weights": {
    candidates: [
      { method: "stl", task_weights: null },
      { method: "l3", task_weights: "equal" },
    ],
  },
  "one method": { candidates: [{ method: "stl", task_weights: null }] },
  "two kinds of weights, two data sets": {
    candidates: [
      ...threeMethods,
      { method: "rtm", task_weights: "equal" },
      { method: "l3", task_weights: "equal" },
    ],
    datasets: ["one", "two"],
  },
  "hostile labels and tokens": {
    labels: hostileLabels,
    tokens: ["<b>", "Ġ\u0000", "##\u202Ex", "漢字", '"', "&amp;", "\ud800"],
    datasets: ["<img src=x onerror=alert(1)>"],
  },
};

describe.each(Object.entries(shapes))("a comparison: %s", (_name, shape) => {
  const html = render(inventedComparison(shape));

  it("is a well-formed page of which every id is unique and every reference leads somewhere", () => {
    const elements = readMarkup(html);
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const references = elements.flatMap(({ attributes }) => [
      ...(attributes["aria-labelledby"]?.split(" ") ?? []),
      ...(attributes.href?.startsWith("#") ? [attributes.href.slice(1)] : []),
    ]);
    expect(references.length).toBeGreaterThan(5);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("needs nothing else and runs nothing", () => {
    const elements = readMarkup(html);
    const active = [
      "script",
      "link",
      "img",
      "iframe",
      "object",
      "embed",
      "form",
      "base",
      "image",
      "use",
    ];
    expect(elements.filter(({ name }) => active.includes(name))).toEqual([]);
    const attributes = elements.flatMap((element) => Object.entries(element.attributes));
    expect(attributes.filter(([name]) => name.startsWith("on") || name === "src")).toEqual([]);
    expect(attributes.filter(([name, value]) => name === "href" && !value.startsWith("#"))).toEqual(
      [],
    );
    const urls = html.match(/url\(|@import|https?:\/\/[^"]*/g) ?? [];
    expect(urls.filter((url) => url !== "http://www.w3.org/2000/svg")).toEqual([]);
  });

  it("writes no figure that is not one", () => {
    expect(textOf(html)).not.toMatch(/NaN|undefined|Infinity|\[object/);
    const geometry = readMarkup(html).flatMap(({ attributes }) =>
      ["d", "x", "y", "width", "height", "transform", "viewBox"].flatMap(
        (name) => attributes[name] ?? [],
      ),
    );
    expect(geometry.filter((value) => /NaN|undefined|Infinity/.test(value))).toEqual([]);
  });

  it("tells everything about every data set", () => {
    const titles = elementsNamed(html, "h3").map(({ text }) => text);
    for (const title of ["Scores", "Paired tests", "Learning curves", "Time", "Data", "Settings"]) {
      expect(titles).toContain(title);
    }
    const tested = shape.hasTest !== false;
    expect(titles.includes("Label by label")).toBe(tested);
    expect(titles.includes("Confusions")).toBe(tested);
    expect(elementsNamed(html, "h2").at(-1)?.text).toBe("How to read this page");
  });
});

describe("the page of a comparison", () => {
  const comparison = inventedComparison();
  const html = render(comparison);
  const text = textOf(html);

  it("says what was compared, by which command, on which machine", () => {
    expect(elementsNamed(html, "h1")[0].text).toBe("STL, MTL RTM and MTL L3Masking compared");
    expect(text).toContain("Written by l3masking 0.1.0");
    expect(text).toContain("15 training runs, repeated with the seeds 0, 1, 2, 3, 4");
    expect(elementsNamed(html, "pre")[0].text).toBe(comparison.command);
    expect(text).toContain("Invented Processor 3000 @ 2.70GHz, 2 processors, 16 GiB of memory");
    expect(text).toContain("onnxruntime-node 1.30.0");
    expect(text).toContain("The runs took 2 h 29 min together.");
  });

  it("has mean and deviation of every method on both row sets", () => {
    const rows = elementsNamed(html, "tr").map((row) => row.text);
    for (const [index, name] of ["STL", "MTL RTM", "MTL L3Masking"].entries()) {
      const cell = comparison.cells[index];
      const spreads = [cell.test, cell.leak_free].flatMap((metrics) =>
        metrics === null ? [] : [metrics.accuracy, metrics.macro_f1],
      );
      const written = spreads.map(
        ({ mean, std }) => `${(100 * mean).toFixed(1)} ± ${(100 * (std ?? 0)).toFixed(1)} %`,
      );
      expect(rows).toContain(`${name}5${written.join("")}`);
    }
    expect(text).toContain("8 test rows of 139 have texts that also occur in train");
  });

  it("counts what was left out and passes on what is known of the data", () => {
    expect(text).toContain("Left out: 2 rows (empty texts train) and 1 row (empty texts test).");
    expect(text).toContain(
      "train: 3 texts truncated to the maximum length (41 tokens lost), 1 text repeating an earlier one.",
    );
    expect(text).toContain("Eight test texts also occur in train, with the same label.");
    expect(text).toContain("All figures of this comparison are invented.");
  });

  it("has the charts, each with its figures as a table", () => {
    const charts = elementsNamed(html, "svg");
    const titles = elementsNamed(html, "title").map((title) => title.text);
    for (const title of [
      "Macro-F1 on dev",
      "Accuracy on dev",
      "Loss on dev",
      "Training loss of the main task",
      "Training loss of the auxiliary task",
      "Weight of the auxiliary task",
      "Cosine of main task and dev gradient",
      "Cosine of auxiliary task and dev gradient",
      "F1 of each label",
      "Mask probability of tokens under L3Masking",
      "Tokens that L3Masking masks more often",
      "Tokens that L3Masking masks less often",
    ]) {
      expect(titles).toContain(title);
    }
    expect(charts).toHaveLength(15);
    for (const figure of html.match(/<figure.*?<\/figure>/gs) ?? []) {
      expect(figure).toMatch(/<details>.*<table/s);
    }
  });

  it("pools the confusions of all seeds", () => {
    const pooled = comparison.runs
      .filter(({ method }) => method === "stl")
      .reduce((sum, run) => sum + (run.leak_free?.confusion[0][0] ?? 0), 0);
    expect(text).toContain(`1 Background${pooled}`);
  });

  it("reads in light, in dark and on paper", () => {
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? "";
    expect(style).toContain("@media screen and (prefers-color-scheme:dark)");
    expect(style).toContain("@media print");
    const used = new Set(Array.from(style.matchAll(/var\((--[\w-]+)\)/g), ([, name]) => name));
    for (const name of used) expect(style.split(`${name}:`).length, name).toBeGreaterThan(1);
  });

  it("shows untrusted text as text", () => {
    const hostile = render(inventedComparison(shapes["hostile labels and tokens"]));
    const bdis = elementsNamed(hostile, "bdi").map((element) => element.text);
    expect(bdis).toContain("<script>alert(1)</script>");
    expect(bdis).toContain(`"quotes" & 'apostrophes'`);
    expect(bdis).toContain("control␇and‹U+202E›turned");
    expect(bdis).toContain("Ġ␀");
    expect(bdis).toContain("<img src=x onerror=alert(1)>");
    for (const raw of ["<script", "<img", "\u202e", "\u0007"]) expect(hostile).not.toContain(raw);
  });

  it("warns of runs that are missing, and why", () => {
    const [run] = comparison.runs;
    const { dataset, model, method, task_weights, seed, folder, digest } = run;
    const place = { dataset, model, method, task_weights, seed, folder, digest };
    const error = {
      code: "training-diverged",
      message: "loss is NaN at step 7",
      hint: "Lower it.",
    };
    const partial = render({
      ...comparison,
      unfinished: [
        { ...place, seed: 7, state: "failed", error },
        { ...place, seed: 8, state: "waiting", error: null },
      ],
    });
    expect(textOf(partial)).toContain("2 runs of this comparison are missing.");
    expect(textOf(partial)).toContain(
      "failed (training-diverged): loss is NaN at step 7 Lower it.",
    );
  });

  it("can be written before any run is finished", () => {
    const empty = render({ ...comparison, runs: [], cells: [], paired: [], masking: [] });
    expect(textOf(empty)).toContain("No run has finished yet.");
  });

  it("says nothing of learned weights where there are none", () => {
    const equal = textOf(render(inventedComparison(shapes["equal weights"])));
    expect(equal).toContain("fixed weights in these runs, 1/2 each for MTL L3Masking");
    expect(equal).not.toContain("Cosine of main task");
  });

  it("does not depend on the order of keys or on the time", () => {
    expect(render(inventedComparison())).toBe(html);
  });
});
