import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { memoryStore } from "../../../test/fixtures/run-queue.js";
import { inventedTicket } from "../../../test/fixtures/tickets.js";
import type { TrainOptions } from "../../run/settings/schemas.js";
import { localTicket, openInputFinder } from "./inputs.js";

const at = temporaryFolder();

const ticket = (options: TrainOptions) => inventedTicket("run", options);

function write(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

describe("what a run reads", () => {
  it("is sent, and found at the same names on the other machine", async () => {
    const model = at("my model");
    cpSync(tinyModel("bert"), model, { recursive: true });
    mkdirSync(join(model, "onnx"));
    write("my model/README.md", "not read by training");
    const run = ticket({
      ...{ model, trainFile: relative(".", write("train.csv", "text,label\n")) },
      ...{ testFile: write("test.csv", "text,label\na,b\n") },
      ...{ unlabeledFile: [write("one.txt", "1"), write("two.txt", "2")] },
      ...{ loggingDir: "/logs", cacheDir: "/caches", threads: 8, device: "webgpu" },
    });
    const store = memoryStore();
    const finder = openInputFinder(createTestHost());
    const inputs = await finder.find(run);
    expect(inputs.model[0].files.map(({ name }) => name).sort()).toEqual(
      ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"].map(
        (name) => `my model/${name}`,
      ),
    );
    await finder.send(store, 60);
    const sent = store.puts();
    await finder.find(run);
    await finder.send(store, 60);
    expect(store.puts()).toBe(sent);

    const place = { inputs: at("inputs"), threads: 2, device: "cpu" as const };
    const local = await localTicket(run, inputs, place, store);
    const { settings } = local.ticket;
    expect([settings.threads, settings.device, settings.loggingDir, settings.cacheDir]).toEqual([
      2,
      "cpu",
      undefined,
      undefined,
    ]);
    expect(readFileSync(settings.trainFile ?? "", "utf8")).toBe("text,label\n");
    expect([settings.trainFile, settings.testFile].map((path) => isAbsolute(path ?? ""))).toEqual([
      false,
      true,
    ]);
    expect(settings.unlabeledFile?.map((path) => readFileSync(path, "utf8"))).toEqual(["1", "2"]);
    expect(settings.model.endsWith("/my model")).toBe(true);
    expect(existsSync(join(settings.model, "README.md"))).toBe(false);
    expect(local.paths.get(settings.model)).toBe(model);
    expect(local.paths.get(settings.trainFile ?? "")).toBe(run.settings.trainFile);
  });

  it("is not sent where every installation has it", async () => {
    const run = ticket({ trainFile: write("t.csv", "x") });
    const inputs = await openInputFinder(createTestHost()).find(run);
    expect(Object.keys(inputs)).toEqual(["trainFile"]);
  });

  it("is received again where it was damaged since", async () => {
    const run = ticket({ trainFile: write("whole.csv", "whole") });
    const store = memoryStore();
    const finder = openInputFinder(createTestHost());
    const inputs = await finder.find(run);
    await finder.send(store, 60);
    // As an earlier process left it.
    const place = { inputs: at("damaged"), threads: 1, device: "cpu" as const };
    const first = await localTicket(run, inputs, place, store);
    cpSync(at("damaged"), at("copy"), { recursive: true });
    const path = (first.ticket.settings.trainFile ?? "").replace(at("damaged"), at("copy"));
    writeFileSync(path, "other");
    const again = await localTicket(
      run,
      inputs,
      { inputs: at("copy"), threads: 1, device: "cpu" as const },
      store,
    );
    expect(again.ticket.settings.trainFile).toBe(path);
    expect(readFileSync(path, "utf8")).toBe("whole");
  });

  it("is nothing of this machine that a message names without sending it", async () => {
    const run = ticket({ trainFile: "/etc/passwd" });
    const place = { inputs: at("nothing"), threads: 1, device: "cpu" as const };
    expect(await failure(localTicket(run, {}, place, memoryStore()))).toMatchObject({
      code: "data-format",
      message: expect.stringContaining("expected the files of trainFile /etc/passwd"),
    });
  });

  it("has to be there", async () => {
    const run = ticket({ trainFile: at("none.csv") });
    expect(await failure(openInputFinder(createTestHost()).find(run))).toMatchObject({
      code: "file-missing",
    });
  });
});
