/**
 * Holds src/ to docs/design.md: who imports whom, which files touch Node, and the rules that apply to every file. The
 * tables are read from that page, so page and test cannot differ.
 */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), "utf8");
const isTest = (path: string) => /\.(test|cases|d)\.ts$/.test(path);

/** Source files, paths from src; the AssemblyScript source is no TypeScript. */
const files = readdirSync(new URL("src", root), { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !isTest(path) && !path.startsWith("kernels/source/"))
  .sort();
const sources = new Map(
  files.map((file) => [
    file,
    ts.createSourceFile(file, text(`src/${file}`), ts.ScriptTarget.Latest, true),
  ]),
);

interface Import {
  readonly from: string;
  /** A file of src, or the name of a package. */
  readonly to: string;
  readonly typesOnly: boolean;
}

const imports = [...sources].flatMap(([from, source]) => importsOf(from, source));

function importsOf(from: string, source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (name: ts.Node | undefined, typesOnly: boolean) => {
    if (name === undefined || !ts.isStringLiteralLike(name)) return;
    const relative = name.text.startsWith(".");
    const file = posix.join(posix.dirname(from), name.text.replace(/\.js$/, ".ts"));
    found.push({ from, to: relative ? file : name.text, typesOnly });
  };
  visit(source, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
  });
  return found;
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  node.forEachChild((child) => visit(child, look));
}

/** The room of a file: its folder, or the file itself where it lies in src. */
function roomOf(file: string): string {
  const slash = file.indexOf("/");
  return slash < 0 ? file : file.slice(0, slash);
}

const design = text("docs/design.md");

/** Cells of the rows below a table head of docs/design.md. */
function tableBelow(head: string): string[][] {
  const [, below] = design.split(`\n${head}\n`);
  expect(below, `docs/design.md has the table ${head}`).toBeDefined();
  const rows = below.split("\n");
  const end = rows.findIndex((row) => !row.startsWith("|"));
  const cells = (row: string) => row.split("|").slice(1, -1);
  return rows.slice(1, end).map((row) => cells(row).map((cell) => cell.trim()));
}

const names = (cell: string) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name);

/** Room -> room it may import -> whether types only. */
const allowed = new Map(
  tableBelow("| room | may import |").map(([room, cell]) => {
    const entries = Array.from(
      cell.matchAll(/`([^`]+)`( \(types\))?/g),
      ([, name, types]) => [name, types !== undefined] as const,
    );
    return [names(room)[0], new Map(entries)];
  }),
);

const textRow = ["data", "text", "likelihood", "masking", "batch"];
const engineRow = [
  "graph",
  "onnx",
  "model",
  "checkpoint",
  "kernels",
  "runtime",
  "program",
  "train",
];

const location = (node: ts.Node, source: ts.SourceFile) =>
  `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;

/** Places in src of the nodes that `isWrong` points at. */
function places(isWrong: (node: ts.Node) => boolean, inFiles = files): string[] {
  return inFiles.flatMap((file) => {
    const source = sources.get(file);
    const found: string[] = [];
    if (source !== undefined) {
      visit(source, (node) => {
        if (isWrong(node)) found.push(location(node, source));
      });
    }
    return found;
  });
}

describe("rooms", () => {
  const between = imports.filter(
    ({ from, to }) => sources.has(to) && roomOf(from) !== roomOf(to) && to !== "errors.ts",
  );

  it("are those of docs/design.md", () => {
    expect([...allowed.keys()].sort()).toEqual([...new Set(files.map(roomOf))].sort());
  });

  it("import what docs/design.md allows", () => {
    const forbidden = between.filter(({ from, to, typesOnly }) => {
      const onlyTypes = allowed.get(roomOf(from))?.get(roomOf(to));
      return onlyTypes === undefined || (onlyTypes && !typesOnly);
    });
    expect(forbidden).toEqual([]);
  });

  it("are allowed nothing that they do not use", () => {
    const used = new Set(between.map(({ from, to }) => `${roomOf(from)} -> ${roomOf(to)}`));
    const listed = [...allowed].flatMap(([room, others]) =>
      [...others.keys()].map((other) => `${room} -> ${other}`),
    );
    expect(listed.filter((edge) => !used.has(edge))).toEqual([]);
  });

  it("of the text row and the engine row meet in the types of batch alone", () => {
    const crossing = [...allowed].flatMap(([room, others]) =>
      [...others].flatMap(([other, types]) => {
        const crosses =
          (textRow.includes(room) && engineRow.includes(other)) ||
          (engineRow.includes(room) && textRow.includes(other));
        return crosses ? [`${room} -> ${other}${types ? " (types)" : ""}`] : [];
      }),
    );
    expect(crossing).toEqual(["program -> batch (types)", "train -> batch (types)"]);
  });
});

describe("imports", () => {
  it("lead to files that exist", () => {
    const relative = imports.filter(({ to }) => to.endsWith(".ts"));
    expect(relative.length).toBeGreaterThan(100);
    expect(relative.filter(({ to }) => !sources.has(to))).toEqual([]);
  });

  it("are not circular", () => {
    const next = new Map(
      files.map((file) => [
        file,
        imports.filter(({ from, typesOnly }) => from === file && !typesOnly).map(({ to }) => to),
      ]),
    );
    const finished = new Set<string>();
    const cycles: string[] = [];
    const follow = (file: string, path: readonly string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      if (finished.has(file) || path.includes(file)) return;
      for (const to of next.get(file) ?? []) follow(to, [...path, file]);
      finished.add(file);
    };
    for (const file of files) follow(file, []);
    expect(cycles).toEqual([]);
  });

  it("load ONNX Runtime in runtime/node.ts alone", () => {
    const loading = imports.filter(({ to }) => to.startsWith("onnxruntime-node"));
    expect(loading.map(({ from }) => from)).toEqual(["runtime/node.ts"]);
  });

  it("of Node's modules and globals stand in the listed files, each of which needs them", () => {
    const listed = tableBelow("| files that touch Node | for |").flatMap(([cell]) => names(cell));
    const importing = imports.filter(({ to }) => to.startsWith("node:")).map(({ from }) => from);
    expect([...new Set(importing)].sort()).toEqual([...listed].sort());
    const others = files.filter((file) => !listed.includes(file));
    const isGlobal = (node: ts.Node) =>
      ts.isIdentifier(node) &&
      ["process", "Buffer", "require", "__dirname"].includes(node.text) &&
      !ts.isPropertyAssignment(node.parent);
    expect(places(isGlobal, others)).toEqual([]);
  });

  it("of index.ts lead to nothing that needs Node", () => {
    const reached = new Set<string>();
    const reach = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { from, to, typesOnly } of imports) if (from === file && !typesOnly) reach(to);
    };
    reach("index.ts");
    expect(reached.size).toBeGreaterThan(20);
    const forNode = (name: string) => name.startsWith("node:") || name.startsWith("onnxruntime");
    expect([...reached].filter(forNode)).toEqual([]);
  });
});

describe("every source file", () => {
  it("has at most 500 lines", () => {
    expect(files.filter((file) => text(`src/${file}`).split("\n").length > 501)).toEqual([]);
  });

  it("is named for what it holds", () => {
    const vague = /(^|[/.-])(utils?|helpers?|misc|managers?|common)([/.-]|$)/;
    expect(files.filter((file) => vague.test(file))).toEqual([]);
  });

  it("throws L3MaskingError only", () => {
    const isForeignError = (node: ts.Node) =>
      ts.isThrowStatement(node) &&
      ts.isNewExpression(node.expression) &&
      ts.isIdentifier(node.expression.expression) &&
      ["Error", "TypeError", "RangeError"].includes(node.expression.expression.text);
    expect(places(isForeignError)).toEqual([]);
  });

  it("takes randomness and time from its caller", () => {
    const entries = ["cli/main.ts", "worker.ts"];
    const hidden = ["Math.random", "Date.now", "performance.now"];
    const isHidden = (node: ts.Node) =>
      (ts.isPropertyAccessExpression(node) && hidden.includes(node.getText())) ||
      (ts.isNewExpression(node) && node.expression.getText() === "Date");
    const others = files.filter((file) => !entries.includes(file));
    expect(places(isHidden, others)).toEqual([]);
    expect(places(isHidden, entries).length).toBeGreaterThan(0);
  });

  it("has no any, no switched-off check, and no cast through unknown but the one that is argued", () => {
    expect(places((node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
    const marks = /@ts-(ignore|expect-error|nocheck)|biome-ignore|eslint-disable/;
    expect(
      files.filter((file) => file !== "onnx/onnx_pb.ts" && marks.test(text(`src/${file}`))),
    ).toEqual([]);
    const throughUnknown = (node: ts.Node) =>
      ts.isAsExpression(node) && ts.isAsExpression(node.expression);
    // The exports of a WebAssembly module have no types of their own.
    expect(places(throughUnknown).map((place) => place.split(":")[0])).toEqual([
      "kernels/kernels.ts",
    ]);
  });
});
