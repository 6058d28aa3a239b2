/** Models by the name of their repository, from the command line to the record of a run, and again without network. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runCommandLine } from "../src/apps/cli/program.js";
import { commands } from "../src/commands/table.js";
import type { Host } from "../src/run/host/host.js";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { type HubRepository, serveHub } from "./fixtures/hub-server.js";
import { soundFiles } from "./fixtures/sounds.js";

const at = temporaryFolder();

const id = "sea/little-bert";
const commit = "0123456789abcdef0123456789abcdef01234567";
const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const repository: HubRepository = {
  id,
  commit,
  files: Object.fromEntries(
    names.map((name) => [name, readFileSync(join(tinyModel("bert"), name))]),
  ),
};
const origin = { repository: id, revision: "main", commit };

/** Runs words of a command line; gives the exit code and what was written. */
async function run(host: Host, ...words: readonly string[]) {
  let written = "";
  const output = {
    write: (text: string) => {
      written += text;
    },
    flush: async () => true,
    isTerminal: false,
    columns: 80,
  };
  const exitCode = await runCommandLine(
    words,
    {
      version: "0",
      startWorker: () => undefined,
      call: (name, given) => commands[name].run(given, host),
      serve: () => expect.unreachable("nothing is served here"),
      studio: () => expect.unreachable("no page is served here"),
    },
    {
      stdout: output,
      stderr: output,
      environment: {},
      now: () => 0,
      onInterrupt: () => () => undefined,
      listFolder: async () => undefined,
      readText: async () => undefined,
    },
  );
  return { exitCode, written };
}

const { trainFile, validationFile, testFile } = soundFiles;
const files = [
  ...["--train-file", trainFile, "--validation-file", validationFile, "--test-file", testFile],
  ...["--max-steps", "1", "--max-length", "16", "--batch-size", "12"],
];

describe("--model org/name", () => {
  it("trains, scores and compares; then does so without network", async () => {
    const hub = await serveHub([repository]);
    const cacheFolder = at("hub");
    const online = createTestHost({
      cacheFolder: at("cache"),
      hub: { cacheFolder, endpoint: hub.endpoint },
    });
    const train = (host: Host, name: string) =>
      run(host, "train", ...files, "--method", "stl", "--model", id, "--output-dir", at(name));
    expect(await train(online, "first")).toMatchObject({ exitCode: 0 });
    expect(online.notices()).toContain(`model ${id} (bert, `);
    expect(online.notices()).toContain(commit);
    expect(readJson(at("first/config.json"))).toMatchObject({
      settings: { model: id },
      model_origin: origin,
    });
    expect(readJson(at("first/metrics.json"))).toMatchObject({ model: id, model_origin: origin });

    await hub.close();
    const offline = createTestHost({
      cacheFolder: at("cache"),
      hub: { cacheFolder, endpoint: hub.endpoint, offlineBy: "HF_HUB_OFFLINE=1" },
    });
    expect(await train(offline, "second")).toMatchObject({ exitCode: 0 });
    const journal = (name: string) => readFileSync(at(`${name}/journal.jsonl`), "utf8");
    expect(journal("second")).toBe(journal("first"));

    const scores = ["--input", testFile, "--output", at("scores.jsonl"), "--max-length", "16"];
    const score = await run(offline, "score", "--model", `${id}@${commit}`, ...scores);
    expect(score).toMatchObject({ exitCode: 0 });
    expect(readFileSync(at("scores.jsonl"), "utf8").trimEnd().split("\n")).toHaveLength(12);

    const compared = await run(
      offline,
      ...["compare", ...files, "--methods", "stl", "--seeds", "0-1", "--bootstrap-samples", "100"],
      ...["--threads", "1", "--model", id, "--output-dir", at("compared")],
    );
    expect(compared).toMatchObject({ exitCode: 0 });
    // Runs are bound to the commit, not to the branch.
    expect(readJson(at("compared/results.json"))).toMatchObject({
      models: [{ name: "little-bert", folder: `${id}@${commit}` }],
    });
  });

  it("that is neither a folder nor a repository ends with 6 and says what was tried", async () => {
    const hub = await serveHub([]);
    const host = createTestHost({ hub: { cacheFolder: at("empty"), endpoint: hub.endpoint } });
    const scores = ["--input", testFile, "--output", at("none.jsonl")];
    const { exitCode, written } = await run(host, "score", "--model", "models/l3-mni", ...scores);
    expect(exitCode).toBe(6);
    expect(written).toContain("hub-not-found");
    expect(written).toContain("expected a folder models/l3-mni or a model repository at");
  });
});

const main = fileURLToPath(new URL("../dist/apps/cli/main.js", import.meta.url));

describe("the environment of a process", () => {
  const ended = z.object({ exitCode: z.number(), err: z.string() });

  /** Runs the built command; this process goes on serving meanwhile. */
  function check(environment: Readonly<Record<string, string>>): Promise<z.infer<typeof ended>> {
    expect(existsSync(main), `${main} is missing: run npm run build`).toBe(true);
    const env = { PATH: process.env.PATH ?? "", NO_COLOR: "1", ...environment };
    const words = [main, "check", trainFile, "--model", id];
    const child = spawn(process.execPath, words, { cwd: at("."), env });
    let err = "";
    child.stderr.on("data", (data: Buffer) => {
      err += data;
    });
    return new Promise((resolve) => {
      child.on("close", (exitCode) => resolve(ended.parse({ exitCode, err })));
    });
  }

  it("says where the hub and its cache are, who asks, and whether to ask at all", async () => {
    const hub = await serveHub([{ ...repository, needs: { token: "hf_a", kind: "private" } }]);
    const place = { HF_HOME: at("home"), HF_ENDPOINT: hub.endpoint };
    expect((await check(place)).err).toContain("hub-not-found");
    mkdirSync(at("home"), { recursive: true });
    writeFileSync(at("home/token"), "hf_a\n");
    expect(await check(place)).toMatchObject({ exitCode: 0 });
    const snapshot = at(`home/hub/models--sea--little-bert/snapshots/${commit}`);
    expect(realpathSync(join(snapshot, "tokenizer.json"))).toContain("blobs");
    await hub.close();
    expect(await check({ ...place, HF_HUB_OFFLINE: "1" })).toMatchObject({ exitCode: 0 });
    const elsewhere = await check({ HF_HOME: at("other"), HF_HUB_OFFLINE: "1" });
    expect(elsewhere.exitCode).toBe(6);
    expect(elsewhere.err).toContain("HF_HUB_OFFLINE=1 forbids downloads");
  });

  it("is told of in errors without its secrets, also with their stacks", async () => {
    const hub = await serveHub([{ ...repository, needs: { token: "hf_a", kind: "gated" } }]);
    const place = { HF_HOME: at("nobody"), HF_ENDPOINT: hub.endpoint, L3MASKING_DEBUG: "1" };
    const denied = await check({ ...place, HF_TOKEN: "hf_wrongsecret" });
    expect(denied.err).toContain("error [hub-denied]");
    await hub.close();
    const cut = await check({ ...place, HF_TOKEN: "hf_wrongsecret" });
    expect(cut.err).toContain("error [download-failed]");
    const unfit = await check({ ...place, HF_TOKEN: "hf_wrongsecret\u200b" });
    expect(unfit.err).toContain("error [invalid-setting]");
    expect(unfit.err).toContain("the token of HF_TOKEN, got U+200B as character 15 of 15");
    const address = hub.endpoint.replace("//", "//ada:wrongsecret@");
    const named = await check({ ...place, HF_ENDPOINT: address });
    expect(named.err).toContain("HF_ENDPOINT, got an address with a user name or password");
    for (const { err } of [denied, cut, unfit, named]) expect(err).not.toContain("wrongsecret");
  });
});
