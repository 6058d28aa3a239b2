/**
 * Writes docs/api.md from the entry points of the package: every exported function, class, constant and type with its
 * docstring and signature, and the types of this project that those mention. Fails on an export without a docstring.
 *
 *     node scripts/api-reference.mjs [FOLDER]            print the page
 *     node scripts/api-reference.mjs [FOLDER] --write    write it to FOLDER/docs/api.md
 *     node scripts/api-reference.mjs [FOLDER] --check    compare it with that page; exit code 1 if they differ
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const words = process.argv.slice(2);
const mode = words.find((word) => word.startsWith("--"));
const [folder = fileURLToPath(new URL("..", import.meta.url))] = words.filter(
  (word) => word !== mode,
);
const root = resolve(folder);
const page = join(root, "docs/api.md");

const entries = [
  {
    file: "src/node.ts",
    heading: "l3masking",
    text: "Runs in Node. Every function works in its own thread, reports events to `watch.onEvent`, stops when `watch.signal` is\naborted, and rejects with an [L3MaskingError](#l3maskingerror) ([errors.md](errors.md)).",
  },
  {
    file: "src/web.ts",
    heading: "l3masking/web",
    text: "Runs in a browser, in a page or a worker, with the package onnxruntime-web ([browser.md](browser.md)). Reports events to\n`watch.onEvent`, stops when `watch.signal` is aborted, and throws an [L3MaskingError](#l3maskingerror).",
  },
  {
    file: "src/index.ts",
    heading: "l3masking/core",
    text: "Pure functions over texts, scores and labels. They need neither Node nor ONNX Runtime, and throw an\n[L3MaskingError](#l3maskingerror) too.",
  },
  {
    file: "src/engine.ts",
    heading: "l3masking/engine",
    text: "Tensor graphs, their gradients and their training, without texts and models: [engine.md](engine.md).",
  },
];

const INTRODUCTION = `# API reference

\`npm run docs:api\` writes this page from the docstrings in \`src\`. [examples/library.mjs](../examples/library.mjs) is a runnable example;
[glossary.md](glossary.md) explains the terms.

**What may change.** Versions are semantic ([changelog](../CHANGELOG.md)). Before 1.0 a new minor version (0.1 to 0.2) may change functions, types, flags, defaults and
files; a patch (0.1.0 to 0.1.1) fixes bugs and changes none of them. Anything not listed here may change at any time. A run may not resume under
another minor version, so finish runs before an update. Folders of runs and classifiers carry a \`format\` number; what a later version
wrote is refused (\`newer-format\`).

[settings.md](settings.md) says what each setting means, and its default if it may be left out. Arrays have their shape in brackets: n
tokens, K selected ones, C labels.`;

const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config;
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram(
  entries.map(({ file }) => join(root, file)),
  options,
);
const checker = program.getTypeChecker();

/** The symbol itself, where an export or import stands for one of another file. */
function original(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function docstring(symbol) {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
}

/** Is it declared by this project, at the top of a file? */
function isOurs(symbol) {
  const [declaration] = symbol.declarations ?? [];
  return (
    declaration?.getSourceFile().fileName.startsWith(join(root, "src")) &&
    declaration.parent.kind === ts.SyntaxKind.SourceFile
  );
}

/** The symbols of this project that the types in a node name. */
function mentioned(node) {
  const found = new Set();
  if (isTakenFromValue(node)) return [];
  const look = (child) => {
    if (ts.isBlock(child) || isHidden(child)) return;
    const name = ts.isTypeReferenceNode(child) ? child.typeName : undefined;
    const inherited = ts.isExpressionWithTypeArguments(child) ? child.expression : undefined;
    const symbol = checker.getSymbolAtLocation(name ?? inherited ?? child);
    if ((name ?? inherited) !== undefined && symbol !== undefined) {
      const target = original(symbol);
      if (isOurs(target)) found.add(target);
    }
    child.forEachChild(look);
  };
  node.forEachChild(look);
  return [...found];
}

/** Private members are nobody's business. */
function isHidden(node) {
  if (!ts.isClassElement(node)) return false;
  const isPrivate = ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private;
  return isPrivate !== 0 || (node.name !== undefined && ts.isPrivateIdentifier(node.name));
}

const textOf = (node) => node.getText().replace(/^export (declare )?/, "");

function signature(node) {
  if (ts.isFunctionDeclaration(node)) return `${withoutBody(node).replace(/^export /, "")};`;
  if (ts.isClassDeclaration(node)) return classText(node);
  if (ts.isVariableDeclaration(node)) return `const ${node.name.getText()}: ${constantType(node)};`;
  if (ts.isTypeAliasDeclaration(node)) return aliasText(node);
  return textOf(node);
}

function withoutBody(node) {
  const end = node.body === undefined ? node.getEnd() : node.body.getStart();
  const text = node.getSourceFile().text.slice(node.getStart(), end);
  return text.replace(/\basync /, "").trim();
}

function classText(node) {
  const members = node.members.filter((member) => !isHidden(member));
  const lines = members.map((member) => {
    const comments = ts
      .getJSDocCommentsAndTags(member)
      .map((comment) => `  ${comment.getText()}\n`);
    return `${comments.join("")}  ${withoutBody(member).replace(/;$/, "")};`;
  });
  const heritage = node.heritageClauses?.map((clause) => ` ${clause.getText()}`).join("") ?? "";
  return `class ${node.name.text}${heritage} {\n${lines.join("\n")}\n}`;
}

function constantType(node) {
  if (node.type !== undefined) return node.type.getText();
  if (ts.isSatisfiesExpression(node.initializer)) return node.initializer.type.getText();
  return typeText(checker.getTypeAtLocation(node));
}

function typeText(type) {
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
  return checker.typeToString(type, undefined, flags);
}

/** Does a type come from a value or a schema? What it mentions on the way is then nothing that a reader meets. */
function isTakenFromValue(node) {
  return ts.isTypeAliasDeclaration(node) && /\btypeof\b/.test(textOf(node));
}

/** A type as it is written; where it is taken from a value or a schema, what comes out. */
function aliasText(node) {
  const written = textOf(node);
  if (!isTakenFromValue(node)) return written;
  const type = checker.getTypeAtLocation(node);
  const name = node.name.text;
  if (!type.isUnion()) return `interface ${name} ${objectText(type, node)}`;
  const members = type.types.map((member) => typeText(member));
  const line = `type ${name} = ${members.join(" | ")};`;
  return line.length <= 100
    ? line
    : `type ${name} =\n${members.map((m) => `  | ${m}`).join("\n")};`;
}

/** Properties as they are declared. What is put together from a list has no order of its own: by name, the required ones first. */
function properties(type) {
  const isOptional = ({ flags }) => (flags & ts.SymbolFlags.Optional) !== 0;
  const known = [...checker.getPropertiesOfType(type)];
  if (known.some(({ declarations }) => declarations !== undefined)) return known;
  return known.sort((a, b) => isOptional(a) - isOptional(b) || byName(a, b));
}

/** An object type over several lines, with the docstrings of what it holds. */
function objectText(type, node, indent = "") {
  const lines = properties(type).flatMap((property) => {
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const valueType = checker.getTypeOfSymbolAtLocation(property, node);
    const value = valueText(
      optional ? checker.getNonNullableType(valueType) : valueType,
      node,
      `${indent}  `,
    );
    const comment = docstring(property).replaceAll("\n", `\n${indent}   * `);
    return [
      ...(comment === "" ? [] : [`${indent}  /** ${comment} */`]),
      `${indent}  ${property.name}${optional ? "?" : ""}: ${value};`,
    ];
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** The longest line of a type that stays on one. */
const LINE = 90;

/** A type on one line where it fits; else the objects in it over several. */
function valueText(type, node, indent) {
  const line = typeText(type);
  if (line.length <= LINE) return line;
  if (type.isUnion()) {
    return type.types.map((member) => valueText(member, node, indent)).join(" | ");
  }
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type);
    const list = line.startsWith("readonly ") ? "readonly " : "";
    return `${list}${valueText(element, node, indent)}[]`;
  }
  const isObject = checker.getPropertiesOfType(type).length > 0 && line.startsWith("{");
  return isObject ? objectText(type, node, indent) : line;
}

/** A docstring as Markdown: links to pages, and `<` of plain text kept from being a tag. */
function markdown(text) {
  return text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll("<", "&lt;")))
    .join("")
    .replaceAll(/\bdocs\/([\w-]+\.md)/g, "[$1]($1)");
}

const anchor = (name) => name.toLowerCase();

function section({ name, symbol }) {
  const [declaration] = symbol.declarations;
  const text = markdown(docstring(symbol)).replace(
    /^The settings of `(\w+)`/,
    "The settings of [`$1`](settings.md#$1)",
  );
  const links = mentioned(declaration)
    .filter((other) => other !== symbol && described.has(other))
    .map((other) => `[${described.get(other)}](#${anchor(described.get(other))})`);
  return [
    `### ${name}`,
    ...(text === "" ? [] : [text]),
    `\`\`\`ts\n${signature(declaration)}\n\`\`\``,
    ...(links.length === 0 ? [] : [`Types: ${links.join(", ")}.`]),
  ].join("\n\n");
}

const isType = ({ symbol }) => (symbol.flags & ts.SymbolFlags.Value) === 0;
const byName = (a, b) => (a.name < b.name ? -1 : 1);

/** What is described so far, and under which name. */
const described = new Map();
const chapters = entries.map(({ file, heading, text }) => {
  const source = program.getSourceFile(join(root, file));
  const exported = checker
    .getExportsOfModule(checker.getSymbolAtLocation(source))
    .map((symbol) => ({ name: symbol.name, symbol: original(symbol) }));
  const again = exported.filter(({ symbol }) => described.has(symbol));
  const members = exported.filter(({ symbol }) => !described.has(symbol));
  for (const { name, symbol } of members) described.set(symbol, name);
  const types = members.filter(isType).sort(byName);
  return { heading, text, again, members: [...members.filter((m) => !isType(m)), ...types] };
});

const queue = [...described.keys()];
const others = [];
for (const symbol of queue) {
  for (const other of mentioned(symbol.declarations[0])) {
    if (described.has(other)) continue;
    described.set(other, other.name);
    others.push({ name: other.name, symbol: other });
    queue.push(other);
  }
}

const faults = [...described]
  .filter(([symbol]) => docstring(symbol) === "")
  .map(([symbol, name]) => {
    const { fileName } = symbol.declarations[0].getSourceFile();
    return `${name} (${relative(root, fileName)}) has no docstring`;
  });

const written = [
  INTRODUCTION,
  ...chapters.flatMap(({ heading, text, again, members }) => [
    `## ${heading}`,
    `\`import { ... } from "${heading}"\`. ${text}`,
    ...(again.length === 0
      ? []
      : [`Also here: ${again.map(({ name }) => `[${name}](#${anchor(name)})`).join(", ")}.`]),
    ...members.map(section),
  ]),
  "## Further types",
  "These are part of the types above, and cannot be imported by name.",
  ...others.sort(byName).map(section),
].join("\n\n");

if (mode === "--check" && readFileSync(page, "utf8") !== `${written}\n`) {
  faults.push("docs/api.md is not what the sources say: npm run docs:api");
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
} else if (mode === "--write") {
  writeFileSync(page, `${written}\n`);
} else if (mode !== "--check") {
  console.log(written);
}
