import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { savedRecord } from "../../test/fixtures/saved-record.js";
import { toJsonLines } from "../../test/fixtures/sounds.js";
import type { Host } from "../run/host/host.js";
import { type ExportOptions, exportSchema, resolveSettings } from "../run/settings/schemas.js";
import { runExport } from "./export.js";

const at = temporaryFolder();

const exported = (options: ExportOptions, host: Host = createTestHost()) =>
  runExport(resolveSettings(exportSchema, options), host);

/** A classifier in a folder that may be written to. */
function copyOf(family: "bert" | "roberta", name: string): string {
  const folder = at(name);
  cpSync(savedClassifier(family), folder, { recursive: true });
  return folder;
}

describe.each(["bert", "roberta"] as const)("export of a %s classifier", (family) => {
  const { rows } = savedRecord().families[family];
  const input = at(`${family}.jsonl`);
  writeFileSync(input, toJsonLines(rows.map(({ text }) => ({ text }))));

  it("writes three files and a card into the folder, and says how far each is off", async () => {
    const model = copyOf(family, `${family}-own`);
    const before = readdirSync(model);
    const { folder, files, checks } = await exported({ model, input });
    expect(folder).toBe(model);
    expect(files).toEqual(
      ["onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx", "README.md"].map(
        (name) => join(model, name),
      ),
    );
    expect(readdirSync(model).toSorted()).toEqual([...before, "README.md", "onnx"].toSorted());
    const [float32, float16, int8] = checks;
    expect(float32.largest).toBeLessThan(1e-5);
    expect(float32.equalLabels).toBe(10);
    expect(float16.largest).toBeGreaterThan(float32.largest);
    expect(int8.largest).toBeGreaterThan(float16.largest);
    for (const { name, bytes, texts } of checks) {
      expect(statSync(join(model, name)).size).toBe(bytes);
      expect(texts).toBe(10);
    }
  });
});

describe("export", () => {
  const model = savedClassifier("roberta");

  it("makes a whole model in a new folder, compared on random tokens where no texts are given", async () => {
    const outputDir = at("released");
    const host = createTestHost();
    const { checks } = await exported({ model, outputDir, precisions: ["float32"] }, host);
    expect(checks.map(({ name, texts }) => ({ name, texts }))).toEqual([
      { name: "onnx/model.onnx", texts: 32 },
    ]);
    for (const name of readdirSync(model))
      expect(existsSync(join(outputDir, name)), name).toBe(true);
    const card = readFileSync(join(outputDir, "README.md"), "utf8");
    expect(card).toContain("32 texts of random tokens");
    expect(card).toContain("The training of this model is not recorded");
    expect(host.openSessions).toBe(0);
    const { done, total } = host.progress("exporting").at(-1) ?? {};
    expect([done, total]).toEqual([64, 64]);
  });

  it("leaves a card that a person changed", async () => {
    const folder = copyOf("roberta", "own-card");
    writeFileSync(join(folder, "README.md"), "# Mine\n");
    const host = createTestHost();
    const { files } = await exported({ model: folder, precisions: ["float32"] }, host);
    expect(files).not.toContain(join(folder, "README.md"));
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("# Mine\n");
    expect(host.notices()).toContain("edited by hand");
  });

  it("replaces its own card and files", async () => {
    const folder = copyOf("roberta", "again");
    await exported({ model: folder, precisions: ["float32"] });
    const { files } = await exported({ model: folder, precisions: ["int8"] });
    expect(files).toEqual([join(folder, "onnx/model_quantized.onnx"), join(folder, "README.md")]);
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("model_quantized.onnx");
  });

  it("says where other programs cut a text, unless the folder says something that the model can read", async () => {
    const folder = copyOf("roberta", "length");
    const path = join(folder, "tokenizer_config.json");
    const config = () => JSON.parse(readFileSync(path, "utf8"));
    const { model_max_length: _, ...without } = config();
    const limit = async (model_max_length?: number) => {
      writeFileSync(path, JSON.stringify({ ...without, model_max_length }));
      const { files } = await exported({ model: folder, precisions: ["float32"] });
      expect(config()).toEqual({ ...without, model_max_length: expect.any(Number) });
      return [config().model_max_length, files.includes(path)];
    };
    const { maxLength } = savedRecord();
    expect(await limit()).toEqual([maxLength, true]);
    expect(await limit(1e30)).toEqual([maxLength, true]);
    expect(await limit(7)).toEqual([7, false]);
  });

  it("refuses a folder that programs which run ONNX files cannot read texts with", async () => {
    const folder = copyOf("roberta", "no-tokenizer-json");
    rmSync(join(folder, "tokenizer.json"));
    const error = await failure(exported({ model: folder }));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain("tokenizer.json");
    expect(existsSync(join(folder, "onnx"))).toBe(false);
  });

  it("refuses a model without a classification head, and a folder with files", async () => {
    const outputDir = at("occupied");
    cpSync(model, outputDir, { recursive: true });
    await expect(exported({ model: tinyModel("roberta") })).rejects.toMatchObject({
      code: "checkpoint-tensor",
    });
    await expect(exported({ model, outputDir })).rejects.toMatchObject({ code: "output-exists" });
  });

  it("leaves no new folder after a failure, so that the command can be tried again", async () => {
    const outputDir = at("tried");
    const host = createTestHost({ stopAt: (event) => event.type === "progress" });
    const options: ExportOptions = { model, outputDir, precisions: ["float32"] };
    await expect(exported(options, host)).rejects.toMatchObject({ code: "interrupted" });
    expect(existsSync(outputDir)).toBe(false);
    expect((await exported(options)).checks.length).toBe(1);
  });

  it("stops on request, and leaves no half file", async () => {
    const folder = copyOf("roberta", "stopped");
    const host = createTestHost({
      stopAt: (event) => event.type === "progress" && event.done > 40,
    });
    await expect(exported({ model: folder }, host)).rejects.toMatchObject({ code: "interrupted" });
    expect(readdirSync(join(folder, "onnx"))).toEqual([]);
  });
});
