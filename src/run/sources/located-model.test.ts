import { readFileSync, realpathSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { type HubRepository, serveHub } from "../../../test/fixtures/hub-server.js";
import {
  commit,
  file,
  files,
  id,
  offlineBy,
  repository,
  user,
} from "../../../test/fixtures/hub-user.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { loadTokenizer } from "../../text/load.js";
import { readModel } from "./located-model.js";

/** A cache with the whole model. */
async function cached(published: HubRepository = repository) {
  const hub = await serveHub([published]);
  const fetching = user(hub.endpoint);
  await fetching.locate(id);
  await hub.close();
  const blob = (name: string) => realpathSync(join(fetching.snapshot, name));
  return { ...fetching, blob };
}

const mergeLines = (merges: readonly (readonly string[])[]) =>
  merges.map((pair) => `${pair.join(" ")}\n`).join("");

const reading = (host: ReturnType<typeof user>["host"]) =>
  readModel(id, "model", host, async ({ folder, origin }) => {
    await loadCheckpoint(folder);
    await loadTokenizer(folder);
    return origin;
  });

describe("a damaged file in the cache", () => {
  it.each([
    ["model.safetensors", 100],
    ["tokenizer.json", 100],
    ["config.json", 10],
  ] as const)("is fetched again, of the same commit: %s", async (name, bytes) => {
    const { cacheFolder, snapshot, blob } = await cached();
    truncateSync(blob(name), bytes);
    const hub = await serveHub([repository]);
    const { host } = user(hub.endpoint, { cacheFolder });
    expect(await reading(host)).toEqual({ repository: id, revision: "main", commit });
    expect(hub.fetched()).toEqual([name]);
    // Wherever the branch is by now.
    const asked = hub.requests.filter(({ server }) => server === "hub");
    for (const { path } of asked) expect(path).toContain(`/resolve/${commit}/`);
    expect(host.notices("warning")).toContain(`${id}: ${name} in the cache is damaged`);
    expect(readFileSync(join(snapshot, name)).equals(Buffer.from(files[name]))).toBe(true);
  });

  it("is fetched again where what is left of it can be read: a list of tokens", async () => {
    const { model, added_tokens } = JSON.parse(files["tokenizer.json"].toString());
    for (const { content, id } of added_tokens) model.vocab[content] = id;
    const lists = {
      "vocab.json": JSON.stringify(model.vocab),
      "merges.txt": mergeLines(model.merges),
    };
    const published = {
      ...repository,
      files: {
        "config.json": file("config.json"),
        "vocab.json": Buffer.from(lists["vocab.json"]),
        "merges.txt": Buffer.from(lists["merges.txt"]),
        "model.safetensors": file("model.safetensors"),
      },
    };
    const { cacheFolder, blob } = await cached(published);
    truncateSync(blob("merges.txt"), lists["merges.txt"].indexOf("\n"));
    const offline = user("", { cacheFolder, settings: { offlineBy } });
    const error = await failure(reading(offline.host));
    expect(error.code).toBe("tokenizer-format");
    expect(error.message).toContain("expected merges.txt in ");
    expect(error.hint).toContain("merges.txt in ");

    const hub = await serveHub([published]);
    const { host } = user(hub.endpoint, { cacheFolder });
    await reading(host);
    expect(hub.fetched()).toEqual(["merges.txt"]);
    expect(host.notices("warning")).toContain(`${id}: merges.txt in the cache is damaged`);
    expect(readFileSync(blob("merges.txt"), "utf8")).toBe(lists["merges.txt"]);
  });

  it("offline is named, and left as it is", async () => {
    const { cacheFolder, blob } = await cached();
    truncateSync(blob("model.safetensors"), 100);
    const { host } = user("", { cacheFolder, settings: { offlineBy } });
    const error = await failure(reading(host));
    expect(error.code).toBe("checkpoint-format");
    expect(error.hint).toContain("model.safetensors in ");
    expect(error.hint).toContain("is damaged: allow downloads (HF_HUB_OFFLINE=1 forbids them)");
    expect(statSync(blob("model.safetensors")).size).toBe(100);
  });

  it("is not looked for where the files are as published, or the user's own", async () => {
    const { cacheFolder, snapshot, host } = await cached();
    const fails = () => Promise.reject(new TypeError("another fault"));
    await expect(readModel(id, "model", host, fails)).rejects.toThrow("another fault");
    writeFileSync(join(cacheFolder, "config.json"), "{");
    const own = readModel(cacheFolder, "model", host, ({ folder }) => loadCheckpoint(folder));
    expect((await failure(own)).code).toMatch(/^checkpoint-/);
    expect(statSync(join(snapshot, "model.safetensors")).size).toBe(
      files["model.safetensors"].length,
    );
  });
});
