import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { errorCodes, errorFamilies } from "../../base/errors.js";
import { settingsMarkdown } from "./settings-docs.js";
import { settingsSchemas } from "./settings-schemas.js";

const page = (name: string) =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

describe("docs/settings.md", () => {
  it("is what the settings say", async () => {
    const text = await settingsMarkdown();
    expect(page("settings.md"), "regenerate it: npm run docs:settings").toBe(text);
  });

  it("shows flag, aliases, value, unit, default and origin", async () => {
    const text = await settingsMarkdown();
    expect(text).toMatch(
      /\| `--max-length` \(`--max-seq-length`\) \| integer \(tokens\) \| `128` \| \w.*\w \| \w.*\w/,
    );
    expect(text).toMatch(/\| `--method` \| `auto`, `tfidf`, .*`l3` \| `auto` \|/);
    expect(text).toMatch(/\| `--resume` \| switch \| off \|/);
    expect(text).toMatch(/\| `--output-dir` \| folder \| required \|/);
  });

  it("describes a setting once, and again only where a command takes it with other words", async () => {
    const text = await settingsMarkdown();
    const rows = text
      .split("\n")
      .filter((line) => /^\| `--/.test(line) && line.split(" | ").length > 4);
    expect(new Set(rows).size).toBe(rows.length);
    expect(text).toMatch(
      /^## evaluate\n(.+\n|\n)*?As in \[train\]\(#train\): .*`--text-column`.*\. As in \[predict\]/m,
    );
  });
});

describe("docs/schemas", () => {
  it("are what the settings say", async () => {
    for (const [name, text] of await settingsSchemas()) {
      expect(page(`schemas/${name}`), "regenerate it: npm run docs:settings").toBe(text);
    }
  });

  it("let a file have some of the settings, and no others", () => {
    const schema = z.fromJSONSchema(JSON.parse(page("schemas/train.json")));
    expect(schema.safeParse({ $schema: "x", method: "l3", maxLength: 64 }).success).toBe(true);
    expect(schema.safeParse({ method: "l4" }).success).toBe(false);
    expect(schema.safeParse({ lerningRate: 1 }).success).toBe(false);
  });
});

describe("docs/errors.md", () => {
  const sections = page("errors.md").split(/^## /m).slice(1);
  const documented = sections.flatMap((section) =>
    Array.from(section.matchAll(/^\| `([a-z-]+)` \|/gm), ([, code]) => ({
      code,
      family: section.slice(0, section.indexOf(" ")),
    })),
  );

  it("has one line for every code, under its family, and no other", () => {
    const known = Object.entries(errorCodes).map(([code, family]) => ({ code, family }));
    expect(documented).toEqual(known);
  });

  it("names the exit code of every family", () => {
    for (const [family, exitCode] of Object.entries(errorFamilies)) {
      expect(sections.find((section) => section.startsWith(`${family} `))).toMatch(
        new RegExp(`^${family} \\(exit code ${exitCode}[;)]`),
      );
    }
  });
});
