import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { escaped, markup, visible } from "./markup.js";

/** The text and the attribute that a strict XML parser reads back. */
function readBack(source: string): { text: string; attribute: string } {
  let [text, attribute] = ["", ""];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("text", (piece) => {
    text += piece;
  });
  parser.on("opentag", (tag) => {
    attribute = String(tag.attributes.a);
  });
  parser.write(source).close();
  return { text, attribute };
}

describe("markup", () => {
  it("escapes strings, keeps markup, joins lists, leaves out what is undefined", () => {
    const inner = markup`<b>${"<script>"}</b>`;
    expect(markup`<p>${inner}${[1, "&", undefined, [inner]]}</p>`.source).toBe(
      "<p><b>&lt;script&gt;</b>1&amp;<b>&lt;script&gt;</b></p>",
    );
  });

  it("keeps strings inside quoted attributes", () => {
    expect(markup`<p title="${`"><script>'`}"></p>`.source).toBe(
      '<p title="&quot;&gt;&lt;script&gt;&#39;"></p>',
    );
  });

  it("does not trust an object that looks like markup", () => {
    const parsed = JSON.parse('{"source":"<script>"}');
    expect(() => markup`${parsed}`).toThrow();
  });

  it("makes well-formed XML of any string, which reads back as what is visible of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const read = readBack(markup`<p a="${text}">${text}</p>`.source);
        expect(read.text).toBe(visible(text));
        expect(read.attribute).toBe(visible(text).replace(/[\t\n]/g, " "));
      }),
    );
    // Halves of surrogate pairs are no characters; the generator makes none.
    expect(readBack(markup`<p>${"a\ud800b"}</p>`.source).text).toBe("a‹U+D800›b");
  });
});

describe("visible", () => {
  it("shows what would hide or turn the text around it", () => {
    expect(visible("a\u0000b\u001bc\u007fd\u0085")).toBe("a␀b␛c␡d‹U+0085›");
    expect(visible("safe\u202Etxt.exe")).toBe("safe‹U+202E›txt.exe");
    expect(visible("\u{e0041}\ufeff\uffff")).toBe("‹U+E0041›‹U+FEFF›‹U+FFFF›");
  });

  it("leaves letters of all scripts, spaces and joiners", () => {
    const text = "tab\tline\n עברית العربية 漢字 می\u200cخواهم 👩\u200d🔬 Ġword ##ing \ufffd";
    expect(visible(text)).toBe(text);
    expect(escaped(text)).toBe(text);
  });
});
