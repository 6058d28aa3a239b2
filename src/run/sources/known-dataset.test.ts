import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { cutAfter, serve, status, whole } from "../../../test/fixtures/file-server.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import type { KnownDataset } from "../../data/known/known-datasets.js";
import { resolveDataset } from "./known-dataset.js";

const at = temporaryFolder();
let nextFolder = 0;
const freshFolder = () => at(`folder-${nextFolder++}`);

const splits = ["train", "dev", "test"] as const;

/** As a source publishes it, and as our files hold it; the bullet went through a wrong encoding. */
const published = (split: string) =>
  `{"label": "b", "text": "A \\u00e2\\u0080\\u00a2 ${split}", "metadata": {}}\n{"text":"two","label":"a"}\n`;
const ours = (split: string) =>
  `{"text": "A \u00e2\u20ac\u00a2 ${split}", "label": "b"}\n{"text": "two", "label": "a"}\n`;

function facts(content: string) {
  const bytes = Buffer.from(content);
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function bySplit<Value>(value: (split: string) => Value) {
  return { train: value("train"), dev: value("dev"), test: value("test") };
}

/** A data set of two rows a split, downloadable if a place is given. */
function tinyDataset(url?: string): KnownDataset {
  return {
    name: "tiny",
    title: "two rows a split",
    source: "nowhere",
    terms: "none",
    citation: "none",
    labels: { a: "first", b: "second" },
    splits: bySplit((split) => ({ rows: 2, ...facts(ours(split)) })),
    ...(url !== undefined && {
      published: bySplit((split) => ({
        url: `${url}/data/${split}.jsonl`,
        ...facts(published(split)),
      })),
    }),
    notes: [],
  };
}

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const contents = (files: Readonly<Record<string, string>>) =>
  Object.values(files).map((path) => readFileSync(path, "utf8"));

describe("a data set in a folder of the user's", () => {
  it("is found in the folder itself, compressed or not", async () => {
    const dataDir = freshFolder();
    put(`${dataDir}/train.jsonl`, ours("train"));
    put(`${dataDir}/dev.jsonl.gz`, gzipSync(ours("dev"), { level: 1 }));
    put(`${dataDir}/test.jsonl`, ours("test"));
    const cacheFolder = freshFolder();
    const files = await resolveDataset(tinyDataset(), { dataDir, cacheFolder }, createTestHost());
    expect(files).toEqual({
      trainFile: `${dataDir}/train.jsonl`,
      validationFile: `${dataDir}/dev.jsonl.gz`,
      testFile: `${dataDir}/test.jsonl`,
    });
  });

  it("is looked for in the subfolder of its name first", async () => {
    const dataDir = freshFolder();
    for (const split of splits) {
      put(`${dataDir}/${split}.jsonl`, "another data set\n");
      put(`${dataDir}/tiny/${split}.jsonl`, ours(split));
    }
    const places = { dataDir, cacheFolder: freshFolder() };
    const files = await resolveDataset(tinyDataset(), places, createTestHost());
    expect(files.testFile).toBe(`${dataDir}/tiny/test.jsonl`);
  });

  it("may be as published: it is converted into the cache", async () => {
    const dataDir = freshFolder();
    for (const split of splits) put(`${dataDir}/${split}.jsonl`, published(split));
    const cacheFolder = freshFolder();
    const dataset = tinyDataset("http://127.0.0.1:1");
    const files = await resolveDataset(dataset, { dataDir, cacheFolder }, createTestHost());
    expect(files.trainFile).toBe(`${cacheFolder}/datasets/tiny/train.jsonl`);
    expect(contents({ ...files })).toEqual(splits.map(ours));
  });

  it("is refused with other content, and nothing is fetched instead", async () => {
    const dataDir = freshFolder();
    for (const split of splits) put(`${dataDir}/${split}.jsonl`, ours(split));
    put(`${dataDir}/dev.jsonl`, ours("dev").replace("two", "too"));
    const places = { dataDir, cacheFolder: freshFolder() };
    const dataset = tinyDataset("http://127.0.0.1:1");
    const error = await failure(resolveDataset(dataset, places, createTestHost()));
    expect(error.code).toBe("data-checksum");
    expect(error.message).toContain(`${dataDir}/dev.jsonl`);
    expect(error.message).toContain(facts(ours("dev")).sha256);
  });

  it("that lacks a file says in one line what to put where", async () => {
    const dataDir = freshFolder();
    put(`${dataDir}/tiny/train.jsonl`, ours("train"));
    const places = { dataDir, cacheFolder: freshFolder() };
    const error = await failure(resolveDataset(tinyDataset(), places, createTestHost()));
    expect(error.code).toBe("dataset-missing");
    expect(error.message).toContain(
      `dev.jsonl or dev.jsonl.gz of tiny, found neither in ${dataDir}/tiny`,
    );
    const empty = freshFolder();
    const places2 = { dataDir: empty, cacheFolder: freshFolder() };
    const none = await failure(resolveDataset(tinyDataset(), places2, createTestHost()));
    expect(none.hint).toContain(`Put train.jsonl, dev.jsonl and test.jsonl`);
    expect(none.hint).toContain(`${empty}/tiny`);
    expect(none.hint).not.toContain("\n");
  });
});

describe("a data set in the cache", () => {
  it("is taken from there without a word to the network", async () => {
    const server = await serve(status(500));
    const cacheFolder = freshFolder();
    for (const split of splits) put(`${cacheFolder}/datasets/tiny/${split}.jsonl`, ours(split));
    const files = await resolveDataset(tinyDataset(server.url), { cacheFolder }, createTestHost());
    expect(contents({ ...files })).toEqual(splits.map(ours));
    expect(server.requests).toEqual([]);
  });

  it("is refused with other content where there is no download", async () => {
    const cacheFolder = freshFolder();
    for (const split of splits) put(`${cacheFolder}/datasets/tiny/${split}.jsonl`, "{}\n");
    const error = await failure(resolveDataset(tinyDataset(), { cacheFolder }, createTestHost()));
    expect(error.code).toBe("data-checksum");
  });
});

describe("a data set from the network", () => {
  it("is fetched, converted and kept", async () => {
    const server = await serve(...splits.map((split) => whole(Buffer.from(published(split)))));
    const cacheFolder = freshFolder();
    const host = createTestHost();
    const dataset = tinyDataset(server.url);
    const files = await resolveDataset(dataset, { cacheFolder }, host);
    expect(contents({ ...files })).toEqual(splits.map(ours));
    expect(server.requests.map(({ path }) => path)).toEqual(
      splits.map((split) => `/data/${split}.jsonl`),
    );
    const progress = host.progress("downloading");
    const total = splits.reduce((sum, split) => sum + published(split).length, 0);
    expect(progress.at(-1)).toMatchObject({ done: total, total, unit: "bytes" });
    expect(readdirSync(`${cacheFolder}/datasets/tiny`).sort()).toEqual(
      splits.map((split) => `${split}.jsonl`).sort(),
    );
    expect(await resolveDataset(dataset, { cacheFolder }, host)).toEqual(files);
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ["dev.jsonl", Buffer.from("{}\n")],
    ["dev.jsonl.gz", gzipSync(ours("dev")).subarray(0, 20)],
  ])("replaces a damaged copy in the cache, with a warning: %s", async (name, bytes) => {
    const server = await serve(whole(Buffer.from(published("dev"))));
    const cacheFolder = freshFolder();
    for (const split of ["train", "test"] as const) {
      put(`${cacheFolder}/datasets/tiny/${split}.jsonl`, ours(split));
    }
    put(`${cacheFolder}/datasets/tiny/${name}`, bytes);
    const host = createTestHost();
    const files = await resolveDataset(tinyDataset(server.url), { cacheFolder }, host);
    expect(contents({ ...files })).toEqual(splits.map(ours));
    expect(host.notices("warning")).toContain(`${name} is not the published dev split of tiny`);
  });

  it("stops on request and goes on later", async () => {
    const content = Buffer.from(published("train"));
    const server = await serve(
      cutAfter(40, content),
      ...splits.map((split) => whole(Buffer.from(published(split)))),
    );
    const cacheFolder = freshFolder();
    const dataset = tinyDataset(server.url);
    const host = createTestHost({ stopAt: ({ type }) => type === "progress" });
    const error = await failure(resolveDataset(dataset, { cacheFolder }, host));
    expect(error.code).toBe("interrupted");
    const files = await resolveDataset(dataset, { cacheFolder }, createTestHost());
    expect(contents({ ...files })).toEqual(splits.map(ours));
    expect(server.requests[1]).toEqual({ path: "/data/train.jsonl", range: "bytes=40-" });
  });

  it("that cannot be reached says in one line what to put where", async () => {
    const server = await serve(status(404));
    const dataset = tinyDataset(server.url);
    const cacheFolder = freshFolder();
    const error = await failure(resolveDataset(dataset, { cacheFolder }, createTestHost()));
    expect(error.code).toBe("download-failed");
    expect(error.hint).toContain(`put ${server.url}/data/{train,dev,test}.jsonl into a folder`);
    expect(error.hint).not.toContain("\n");
  });

  it("that is not offered says so, and what to put where", async () => {
    const cacheFolder = freshFolder();
    const error = await failure(resolveDataset(tinyDataset(), { cacheFolder }, createTestHost()));
    expect(error.code).toBe("dataset-missing");
    expect(error.message).toBe(
      `tiny has no automatic download, and train, dev, test are not in ${cacheFolder}/datasets/tiny`,
    );
    expect(error.hint).toContain("--data-dir");
  });

  it("with other content than expected is not kept", async () => {
    const server = await serve(whole(Buffer.from(published("TRAIN"))));
    const cacheFolder = freshFolder();
    const promise = resolveDataset(tinyDataset(server.url), { cacheFolder }, createTestHost());
    expect((await failure(promise)).code).toBe("download-mismatch");
  });
});
