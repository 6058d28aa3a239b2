import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { listen } from "../../test/fixtures/file-server.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, type TestHostOptions } from "../../test/fixtures/host.js";
import { COMMIT, serveUploads } from "../../test/fixtures/hub-uploads.js";
import type { HubSettings } from "../platform/hub-environment.js";
import { type PushOptions, pushSchema, resolveSettings } from "../run/settings/schemas.js";
import { runPush } from "./push.js";

const at = temporaryFolder();
const id = "sea/sounds";
const token = "hf_secret";
const model = at("model");
cpSync(savedClassifier("roberta"), model, { recursive: true });
mkdirSync(join(model, "onnx"));
writeFileSync(join(model, "onnx/model.onnx"), Buffer.alloc(5000, 7));
writeFileSync(join(model, ".hidden"), "mine");
writeFileSync(join(model, "half.partial"), "half");
writeFileSync(join(model, "training_texts.bin"), "8 bytes!");

function push(
  endpoint: string,
  options: Partial<PushOptions> = {},
  hub: Partial<HubSettings> = {},
  rest: TestHostOptions = {},
  hasToken = true,
) {
  const host = createTestHost({
    ...rest,
    hub: { cacheFolder: at("cache"), endpoint, ...(hasToken && { token }), ...hub },
  });
  const settings = resolveSettings(pushSchema, { model, repository: id, ...options });
  return { host, result: runPush(settings, host) };
}

/** Where nobody listens any more. */
async function closedAddress(): Promise<string> {
  const { url, close } = await listen(() => undefined);
  await close();
  return url;
}

describe("push", () => {
  it("makes a private repository and commits every file that is neither hidden nor unfinished", async () => {
    const hub = await serveUploads({ id, token });
    const { host, result } = push(hub.endpoint);
    const { url, commit, created, files } = await result;
    expect({ url, commit, created }).toEqual({
      url: `${hub.endpoint}/${id}`,
      commit: COMMIT,
      created: true,
    });
    expect(hub.state).toMatchObject({
      visibility: "private",
      branch: "main",
      title: "Upload a model with l3masking",
    });
    expect([...hub.state.files.keys()].toSorted()).toEqual([...files].toSorted());
    expect(files).toContain("onnx/model.onnx");
    expect(files).toContain("model.safetensors");
    expect(files).not.toContain(".hidden");
    expect(files).not.toContain("half.partial");
    expect(files).not.toContain("training_texts.bin");
    for (const [name, bytes] of hub.state.files) {
      expect(bytes.equals(readFileSync(join(model, name))), name).toBe(true);
    }
    const progress = host.progress("uploading");
    expect(progress.at(-1)).toMatchObject({ done: progress[0].total, unit: "bytes" });
  });

  it("adds to a repository that is there, on a branch, with a message", async () => {
    const hub = await serveUploads({ id, token, exists: true });
    const given = {
      repository: `${id}@next`,
      commitMessage: "Second try",
      visibility: "public",
    } as const;
    const { created } = await push(hub.endpoint, given).result;
    expect(created).toBe(false);
    expect(hub.state).toMatchObject({ branch: "next", title: "Second try" });
  });

  it.each([
    ["/api/repos/create", 403, "hub-denied"],
    ["/commit/", 404, "hub-not-found"],
    ["/preupload/", 429, "hub-busy"],
    ["/store/", 500, "upload-failed"],
  ] as const)("says what the hub refuses: %s with status %i", async (path, status, code) => {
    const hub = await serveUploads({ id, token, instead: { path, status } });
    const error = await failure(push(hub.endpoint).result);
    expect(error.code).toBe(code);
    expect(hub.state.files.size).toBe(0);
    expect(JSON.stringify(error) + error.message).not.toContain(token);
  });

  it("says that nobody answers", async () => {
    const error = await failure(push(await closedAddress()).result);
    expect(error.code).toBe("upload-failed");
    expect(error.message).toContain("no connection");
  });

  it("asks for a token, a network and a name before it begins", async () => {
    const hub = await serveUploads({ id, token });
    const codes = await Promise.all([
      failure(push(hub.endpoint, {}, {}, {}, false).result),
      failure(push(hub.endpoint, {}, { offlineBy: "HF_HUB_OFFLINE=1" }).result),
      failure(push(hub.endpoint, { repository: "name" }).result),
      failure(push(hub.endpoint, { model: at("nothing") }).result),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([
      "hub-denied",
      "hub-offline",
      "invalid-setting",
      "checkpoint-missing",
    ]);
    expect(hub.requests).toEqual([]);
  });

  it("stops on request and changes nothing", async () => {
    const hub = await serveUploads({ id, token });
    const { result } = push(hub.endpoint, {}, {}, { stopAt: (event) => event.type === "progress" });
    expect((await failure(result)).code).toBe("interrupted");
    expect(hub.state.files.size).toBe(0);
  });

  it("tells of a folder that was not exported", async () => {
    const plain = at("plain");
    cpSync(savedClassifier("roberta"), plain, { recursive: true });
    const hub = await serveUploads({ id, token });
    const { host, result } = push(hub.endpoint, { model: plain });
    await result;
    expect(host.notices("warning")).toContain("l3masking export");
  });
});
