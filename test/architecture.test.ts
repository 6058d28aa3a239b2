/**
 * Holds src/ to docs/design.md: each wing imports only wings below it, Node is touched in the wings that may, and the rules
 * that apply to every file. The tower is read from that page, so page and test cannot differ.
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
  .filter(
    (path) => path.endsWith(".ts") && !isTest(path) && !path.startsWith("engine/kernels/source/"),
  )
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

/** The wing of a file: its topmost folder, or the file itself where it lies in src. */
function wingOf(file: string): string {
  const slash = file.indexOf("/");
  return slash < 0 ? file : file.slice(0, slash);
}

const design = text("docs/design.md");

/** Floors of the tower in docs/design.md, from the top down; wings of one floor do not import each other. */
const floors = (/```tower\n([\s\S]*?)```/.exec(design)?.[1] ?? "")
  .trimEnd()
  .split("\n")
  .map((line) => Array.from(line.matchAll(/(?:^|\s)([a-z]+)(?:\/|(\.ts))(?=\s|$)/g)))
  .map((wings) => wings.map(([, name, ending = ""]) => `${name}${ending}`))
  .filter((wings) => wings.length > 0);
const floorOf = (file: string) => floors.findIndex((wings) => wings.includes(wingOf(file)));

/** Wings whose files may import Node's modules. */
const forNode = ["platform", "apps", "thread", "commands", "node.ts"];

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

/** Files and packages that a file loads, at once or later; `instead` has files that stand in the place of others. */
function reachedFrom(
  file: string,
  instead: ReadonlyMap<string, string> = new Map(),
  reached = new Set<string>(),
): ReadonlySet<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const { from, to, typesOnly } of imports) {
    if (from === file && !typesOnly) reachedFrom(instead.get(to) ?? to, instead, reached);
  }
  return reached;
}

describe("wings", () => {
  const between = imports.filter(({ from, to }) => sources.has(to) && wingOf(from) !== wingOf(to));

  it("are those of docs/design.md", () => {
    expect(floors.flat().sort()).toEqual([...new Set(files.map(wingOf))].sort());
  });

  it("import only wings below them", () => {
    const climbing = between.filter(({ from, to }) => floorOf(from) >= floorOf(to));
    expect(climbing.map(({ from, to }) => `${from} -> ${to}`).sort()).toEqual([]);
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

  it("load ONNX Runtime in one file of platform for each build", () => {
    const loading = (build: string) =>
      imports
        .filter(({ to, typesOnly }) => !typesOnly && to.startsWith(`onnxruntime-${build}`))
        .map(({ from }) => from);
    expect(loading("node")).toEqual(["platform/onnxruntime.ts"]);
    expect([...new Set(loading("web"))]).toEqual(["platform/browser/onnxruntime-web.ts"]);
  });

  it("of Node's modules and globals are in the wings that may", () => {
    const importing = imports.filter(({ to }) => to.startsWith("node:")).map(({ from }) => from);
    const others = files.filter((file) => !forNode.includes(wingOf(file)));
    const wrong = [...new Set(importing)].filter((file) => others.includes(file)).sort();
    expect(wrong).toEqual([]);
    const isGlobal = (node: ts.Node) =>
      ts.isIdentifier(node) &&
      ["process", "Buffer", "require", "__dirname"].includes(node.text) &&
      !ts.isPropertyAssignment(node.parent);
    expect(places(isGlobal, others)).toEqual([]);
  });

  it("of index.ts lead to nothing that needs Node or a runtime", () => {
    const reached = reachedFrom("index.ts");
    expect(reached.size).toBeGreaterThan(20);
    const needs = (name: string) => name.startsWith("node:") || name.startsWith("onnxruntime");
    expect([...reached].filter(needs)).toEqual([]);
  });

  it("of webengine.ts lead to nothing that needs Node", () => {
    const reached = reachedFrom("webengine.ts");
    expect(reached.size).toBeGreaterThan(40);
    const needs = (name: string) => name.startsWith("node:") || name === "onnxruntime-node";
    expect([...reached].filter(needs)).toEqual([]);
  });

  it("of web.ts lead to nothing that needs Node", () => {
    const reached = reachedFrom("web.ts");
    expect(reached.size).toBeGreaterThan(100);
    const needs = (name: string) => name.startsWith("node:") || name === "onnxruntime-node";
    expect([...reached].filter(needs)).toEqual([]);
    const system = [...reached].filter((name) => wingOf(name) === "platform").sort();
    expect(system).toEqual(["platform/browser/onnxruntime-web.ts", "platform/browser/page.ts"]);
  });
});

describe("scripts", () => {
  it("import of the build what src exports", () => {
    const scripts = ["scripts", "examples"].flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
        .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
        .filter((path) => path.endsWith(".mjs")),
    );
    const wanted = scripts.flatMap((script) => namesFromBuild(script));
    expect(wanted.length).toBeGreaterThan(20);
    const absent = wanted.filter(({ module, name }) => {
      const source = sources.get(module);
      return source === undefined || !exportsOf(source).has(name);
    });
    expect(absent).toEqual([]);
  });
});

/** What a script imports from dist/, each name by the file of src that it is built from. */
function namesFromBuild(script: string) {
  const parsed = ts.createSourceFile(script, text(script), ts.ScriptTarget.Latest, true);
  return parsed.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) {
      return [];
    }
    const path = posix.join(posix.dirname(script), statement.moduleSpecifier.text);
    const bindings = statement.importClause?.namedBindings;
    if (!path.startsWith("dist/") || !bindings || !ts.isNamedImports(bindings)) return [];
    const module = path.replace("dist/", "").replace(/\.js$/, ".ts");
    return bindings.elements.map(({ propertyName, name }) => ({
      ...{ script, module },
      name: (propertyName ?? name).text,
    }));
  });
}

/** Names that a file exports. */
function exportsOf(source: ts.SourceFile): ReadonlySet<string> {
  const names = source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      return clause && ts.isNamedExports(clause)
        ? clause.elements.map(({ name }) => name.text)
        : [];
    }
    if (!ts.canHaveModifiers(statement)) return [];
    const modifiers = ts.getModifiers(statement) ?? [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.getText(source));
    }
    return ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)
      ? [statement.name?.text ?? ""]
      : [];
  });
  return new Set(names);
}

describe("a browser", () => {
  const beside = "platform/browser/";
  /** Modules of the platform, and those of their names that a browser loads in their place (scripts/browser-platform.ts). */
  const instead = new Map(
    files
      .filter((file) => file.startsWith(beside))
      .map((file) => [`platform/${file.slice(beside.length)}`, file] as const)
      .filter(([file]) => sources.has(file)),
  );

  it("finds in them what it finds in the others", () => {
    const exported = (file: string) =>
      Array.from(text(`src/${file}`).matchAll(/^export (?:async )?(?:function\*?|const) (\w+)/gm))
        .map(([, name]) => name)
        .sort();
    for (const [one, other] of instead) {
      // The names of node:path are handed on.
      const names = one === "platform/paths.ts" ? ["fileUrl"] : exported(one);
      expect([other, exported(other)]).toEqual([other, expect.arrayContaining(names)]);
    }
  });

  it("runs commands without anything that needs Node", () => {
    const reached = reachedFrom("thread/browser/worker.ts", instead);
    expect(reached.size).toBeGreaterThan(300);
    const needs = (name: string) => name.startsWith("node:") || name === "onnxruntime-node";
    expect([...reached].filter(needs)).toEqual([]);
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
    const entries = ["apps/cli/main.ts", "thread/worker.ts", "thread/browser/worker.ts"];
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
      files.filter((file) => file !== "engine/onnx/onnx_pb.ts" && marks.test(text(`src/${file}`))),
    ).toEqual([]);
    const throughUnknown = (node: ts.Node) =>
      ts.isAsExpression(node) && ts.isAsExpression(node.expression);
    // The exports of a WebAssembly module have no types of their own.
    expect(places(throughUnknown).map((place) => place.split(":")[0])).toEqual([
      "engine/kernels/kernels.ts",
    ]);
  });
});
