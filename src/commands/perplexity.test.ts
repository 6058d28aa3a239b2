import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { soundRows } from "../../test/fixtures/sounds.js";
import { commands } from "./table.js";

const at = temporaryFolder();
const text = at("text.txt");
writeFileSync(
  text,
  soundRows("train")
    .map((row) => row.text)
    .join("\n\n"),
);

const measure = (given: Record<string, unknown>, host = createTestHost()) =>
  commands.perplexity.run(
    { model: tinyModel("roberta"), text: [text], maxLength: 32, ...given },
    host,
  );

describe("perplexity", () => {
  it("agrees with the definition, and a random model knows no more than chance", async () => {
    const host = createTestHost();
    const result = await measure({}, host);
    expect(result.perplexity).toBeCloseTo(Math.exp(result.loss), 10);
    // Chance is one over the vocabulary of some hundreds of tokens.
    expect(result.loss).toBeGreaterThan(4);
    expect(result.loss).toBeLessThan(8);
    expect(result.accuracy).toBeLessThan(0.1);
    expect(result.masked_tokens / result.tokens).toBeCloseTo(0.15, 1);
    expect(host.openSessions).toBe(0);
    expect(host.progress("evaluating").at(-1)?.done).toBe(
      host.progress("evaluating").at(-1)?.total,
    );
  });

  it("masks the same tokens for the same seed, and as many as it is told", async () => {
    expect(await measure({})).toEqual(await measure({}));
    expect((await measure({ seed: 1 })).loss).not.toBe((await measure({})).loss);
    const half = await measure({ mlmProbability: 0.5 });
    expect(half.masked_tokens / half.tokens).toBeCloseTo(0.5, 1);
  });

  it("refuses a model without a masked-LM head, and a length beyond the model's", async () => {
    expect((await failure(measure({ model: savedClassifier("roberta") }))).code).toBe(
      "checkpoint-tensor",
    );
    expect((await failure(measure({ maxLength: 100_000 }))).code).toBe("invalid-setting");
  });

  it("stops on request", async () => {
    const host = createTestHost({ stopAt: ({ type }) => type === "progress" });
    expect(await failure(measure({}, host))).toMatchObject({ code: "interrupted", exitCode: 130 });
  });
});
