/** docs/api.md against the docstrings it is made of, and the script that makes it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./fixtures/folders.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = temporaryFolder();

function reference(...words: readonly string[]) {
  const script = join(root, "scripts/api-reference.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** A project whose entry points hold what is given. */
function project(name: string, node: string, core = "export {};\n"): string {
  const files = {
    "src/node.ts": node,
    "src/index.ts": core,
    "src/engine.ts": "export {};\n",
    "src/web.ts": "export {};\n",
    "tsconfig.json": JSON.stringify({ compilerOptions: { strict: true, types: [] } }),
    "docs/api.md": "old",
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(at(`${name}/${file}`)), { recursive: true });
    writeFileSync(at(`${name}/${file}`), content);
  }
  return at(name);
}

describe("docs/api.md", () => {
  it("is what the sources say, which have a docstring for every export", () => {
    expect(reference("--check")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("leads from settings to their tables", () => {
    const page = readFileSync(join(root, "docs/api.md"), "utf8");
    expect(page).toMatch(/^### TrainOptions\n\n.*\(settings.md#train\)/m);
  });
});

describe("npm run docs:api", () => {
  it("shows what is exported, and the types that mentions, without bodies and private members", () => {
    const folder = project(
      "good",
      `/** A size in <px>, see docs/models.md and \`<b>\`. */
export interface Size { readonly width: Unit }
/** What is counted. */
interface Unit { readonly name: (typeof names)[number] }
const names = ["a", "b"] as const;
/** Grows. */
export async function grow(size: Size, by = 2): Promise<Size> { return { ...size, ...(by > 1 && {}) }; }
/** Holds one. */
export class Box {
  #hidden = 1;
  private also = 2;
  /** How large. */
  size(): Size | undefined { return this.#hidden > this.also ? undefined : undefined; }
}
/** Both. */
export type Name = (typeof names)[number];
`,
    );
    const { status, stdout, stderr } = reference(folder);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("A size in &lt;px>, see [models.md](models.md) and `<b>`.");
    expect(stdout).toContain("function grow(size: Size, by = 2): Promise<Size>;\n");
    expect(stdout).toContain("class Box {\n  /** How large. */\n  size(): Size | undefined;\n}");
    expect(stdout).toContain('type Name = "a" | "b";');
    expect(stdout).toContain("Types: [Unit](#unit).");
    expect(stdout).toMatch(/## Further types[^#]*### Unit\n\nWhat is counted\./);
    expect(stdout).not.toMatch(/hidden|also|return/);
  });

  it("names every export without a docstring", () => {
    const core = 'export { plain } from "./node.js";\n';
    const node = "export function plain(): Inner { return {}; }\ninterface Inner {}\n";
    const { status, stdout, stderr } = reference(project("bare", node, core));
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      "plain (src/node.ts) has no docstring\nInner (src/node.ts) has no docstring\n",
    );
  });

  it("refuses a page that says something else, and mends it", () => {
    const folder = project("stale", "/** One. */\nexport const one: number = 1;\n");
    expect(reference(folder, "--check")).toMatchObject({
      status: 1,
      stderr: "docs/api.md is not what the sources say: npm run docs:api\n",
    });
    expect(reference(folder, "--write").status).toBe(0);
    expect(reference(folder, "--check").status).toBe(0);
    expect(readFileSync(join(folder, "docs/api.md"), "utf8")).toContain("const one: number;");
  });
});
