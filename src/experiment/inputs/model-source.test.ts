import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { cutAfter, silentAfter, status } from "../../../test/fixtures/file-server.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, type TestHostOptions, tinyModel } from "../../../test/fixtures/host.js";
import {
  checksumOf,
  type HubOptions,
  type HubRepository,
  type HubRequest,
  type HubServer,
  serveHub,
} from "../../../test/fixtures/hub-server.js";
import { loadCheckpoint } from "../../checkpoint/load.js";
import type { HubSettings } from "../../hub/environment.js";
import type { ModelUse } from "./model-files.js";
import { locateModel, pinnedName } from "./model-source.js";

const at = temporaryFolder();

const hasty = {
  attempts: 2,
  pauseMilliseconds: 1,
  stallMilliseconds: 300,
  longestPauseMilliseconds: 50,
};

const commit = "0123456789abcdef0123456789abcdef01234567";
const id = "sea/little-roberta";
const file = (name: string) => readFileSync(join(tinyModel("roberta"), name));
const files = {
  "README.md": Buffer.from("# Little RoBERTa\n"),
  "config.json": file("config.json"),
  "tokenizer.json": file("tokenizer.json"),
  "tokenizer_config.json": Buffer.from("{}"),
  "vocab.txt": Buffer.from("not needed beside tokenizer.json"),
  "model.safetensors": file("model.safetensors"),
  "pytorch_model.bin": Buffer.from("not needed beside model.safetensors"),
};
const repository: HubRepository = { id, commit, files };
const weights = files["model.safetensors"];

let caches = 0;
const freshCache = () => at(`cache-${caches++}/hub`);

interface Setting extends TestHostOptions {
  readonly cacheFolder?: string;
  readonly settings?: Partial<HubSettings>;
  readonly use?: ModelUse;
}

/** A user of a hub with a cache of its own. */
function user(
  endpoint: string,
  { cacheFolder = freshCache(), settings, use, ...rest }: Setting = {},
) {
  const host = createTestHost({ ...rest, hub: { cacheFolder, endpoint, ...settings } });
  const locate = (name: string) => locateModel(name, use ?? "model", host, hasty);
  const place = join(cacheFolder, `models--${id.replace("/", "--")}`);
  return { host, locate, cacheFolder, place, snapshot: join(place, "snapshots", commit) };
}

const offlineBy = "HF_HUB_OFFLINE=1";

/** A hub that answers some requests otherwise. */
const hubWith = (changes: Partial<HubRepository>, options?: HubOptions) =>
  serveHub([{ ...repository, ...changes }], options);

const bytesOf = (request: HubRequest) => request.server === "network" && request.method === "GET";

/** Gives the answers in turn to whoever wants the weights, and then the usual one. */
function insteadOfWeights(
  ...answers: NonNullable<ReturnType<NonNullable<HubOptions["instead"]>>>[]
) {
  const left = [...answers];
  return { instead: (request: HubRequest) => (bytesOf(request) ? left.shift() : undefined) };
}

describe("a model on disk", () => {
  it("is taken as it is, whatever the hub has", async () => {
    const hub = await serveHub([repository]);
    const folder = at("sea/little-roberta");
    mkdirSync(folder, { recursive: true });
    const { locate } = user(hub.endpoint);
    expect(await locate(folder)).toEqual({ folder });
    expect(hub.requests).toEqual([]);
  });

  it.each([
    "./nowhere",
    "/no/where",
    "a/b/c",
    "...",
    "a//b",
    "-a/b",
    "a/b@",
    "a/b@../c",
    "a--b/c",
    "a b",
  ])("that is not there, with a name of no repository: %s", async (name) => {
    const { locate } = user("https://hub.invalid");
    const error = await failure(locate(name));
    expect(error.code).toBe("checkpoint-missing");
    expect(error.message).toContain(name);
    expect(error.message).toContain(
      "nothing is there on disk, and no repository can have that name",
    );
  });
});

describe("a model on the hub", () => {
  it("is fetched into the cache, only what is needed, the weights last", async () => {
    const hub = await serveHub([repository]);
    const { locate, host, place, snapshot } = user(hub.endpoint);
    const source = await locate(id);
    expect(source).toEqual({
      folder: snapshot,
      origin: { repository: id, revision: "main", commit },
    });
    expect(hub.fetched()).toEqual([
      "config.json",
      "tokenizer_config.json",
      "tokenizer.json",
      "model.safetensors",
    ]);
    for (const name of hub.fetched()) {
      expect(readFileSync(join(snapshot, name)).equals(files[name as keyof typeof files])).toBe(
        true,
      );
      expect(readlinkSync(join(snapshot, name))).toBe(
        join("..", "..", "blobs", checksumOf(name, files[name as keyof typeof files])),
      );
    }
    expect(readFileSync(join(place, "refs", "main"), "utf8")).toBe(commit);
    expect(readdirSync(join(place, ".no_exist", commit)).sort()).toEqual([
      "added_tokens.json",
      "special_tokens_map.json",
    ]);
    // No partial files, no locks.
    expect(readdirSync(join(place, "blobs"))).toHaveLength(4);
    expect(existsSync(join(dirname(place), ".locks"))).toBe(false);
    const progress = host.progress("downloading");
    const total = weights.length;
    expect(progress.at(-1)).toMatchObject({ done: total, total, unit: "bytes" });
    expect(progress.filter(({ done }) => done === total)).toHaveLength(1);
    expect(progress.at(-1)?.detail).toBe(`${id} model.safetensors`);
    expect(host.notices()).toContain(`of ${id} (1 MiB) from ${hub.endpoint}`);
    expect((await loadCheckpoint(source.folder)).spec.family).toBe("roberta");
  });

  it("is found in the cache afterwards, without a question", async () => {
    const hub = await serveHub([repository]);
    const { locate, cacheFolder, host } = user(hub.endpoint);
    const first = await locate(id);
    await hub.close();
    const asked = hub.requests.length;
    expect(await locate(id)).toEqual(first);
    expect(host.notices("warning")).toBe("");
    const offline = user(hub.endpoint, { cacheFolder, settings: { offlineBy } });
    expect(await offline.locate(id)).toEqual(first);
    expect(pinnedName(first)).toBe(`${id}@${commit}`);
    expect((await offline.locate(pinnedName(first))).folder).toBe(first.folder);
    expect(hub.requests).toHaveLength(asked);
  });

  it("stays at its commit in the cache while the branch moves; @ names another", async () => {
    const hub = await serveHub([repository]);
    const { locate, cacheFolder } = user(hub.endpoint);
    const first = await locate(id);
    const next = "f".repeat(40);
    const moved = await hubWith({ commit: next });
    const later = user(moved.endpoint, { cacheFolder });
    expect(await later.locate(id)).toEqual(first);
    const other = await later.locate(`${id}@${next}`);
    expect(other.origin).toEqual({ repository: id, revision: next, commit: next });
    // The same bytes: nothing was fetched twice.
    expect(moved.fetched()).toEqual([]);
    expect(realpathSync(join(other.folder, "config.json"))).toBe(
      realpathSync(join(first.folder, "config.json")),
    );
  });

  it("may have a name without an organisation, and another name by now", async () => {
    const hub = await serveHub([repository], { renamed: { "little-roberta": id } });
    const { locate, cacheFolder } = user(hub.endpoint);
    const { folder } = await locate("little-roberta");
    expect(folder).toBe(join(cacheFolder, "models--little-roberta", "snapshots", commit));
  });

  it.each([
    ["vocab.txt", { "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsea\n" }],
    [
      "vocab.json and merges.txt",
      {
        "vocab.json": '{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "a": 5}',
        "merges.txt": "#version: 0.2\n",
      },
    ],
  ])("may have %s in place of tokenizer.json", async (_case, texts) => {
    const { "config.json": config, "model.safetensors": safetensors } = files;
    const names = Object.keys(texts);
    const vocabulary = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]),
    );
    const hub = await hubWith({
      files: { "config.json": config, "model.safetensors": safetensors, ...vocabulary },
    });
    const { locate, cacheFolder } = user(hub.endpoint);
    const { folder } = await locate(id);
    expect(readdirSync(folder).sort()).toEqual(
      ["config.json", "model.safetensors", ...names].sort(),
    );
    const offline = user("", { cacheFolder, settings: { offlineBy } });
    expect((await offline.locate(id)).folder).toBe(folder);
  });

  it("may have PyTorch weights", async () => {
    const { "model.safetensors": _, ...others } = files;
    const hub = await hubWith({ files: others });
    const { locate, place } = user(hub.endpoint);
    await locate(id);
    expect(hub.fetched()).toContain("pytorch_model.bin");
    expect(readdirSync(join(place, ".no_exist", commit))).toContain("model.safetensors");
  });

  it("may have its weights in shards", async () => {
    const index = {
      weight_map: { a: "model-1.safetensors", b: "model-2.safetensors", c: "model-1.safetensors" },
    };
    const { "model.safetensors": _, ...others } = files;
    const hub = await hubWith({
      files: {
        ...others,
        "model.safetensors.index.json": Buffer.from(JSON.stringify(index)),
        "model-1.safetensors": Buffer.from("one"),
        "model-2.safetensors": Buffer.from("two"),
      },
    });
    const { locate, cacheFolder, snapshot } = user(hub.endpoint);
    await locate(id);
    expect(hub.fetched().slice(-2)).toEqual(["model-1.safetensors", "model-2.safetensors"]);
    rmSync(join(snapshot, "model-2.safetensors"));
    const offline = user("", { cacheFolder, settings: { offlineBy } });
    expect((await failure(offline.locate(id))).message).toContain("without model-2.safetensors");
  });

  it("may not name shards outside of its folder", async () => {
    const index = { weight_map: { a: "../../../../escaped.bin" } };
    const { "model.safetensors": _, ...others } = files;
    const hub = await hubWith({
      files: { ...others, "model.safetensors.index.json": Buffer.from(JSON.stringify(index)) },
    });
    const error = await failure(user(hub.endpoint).locate(id));
    expect(error.code).toBe("checkpoint-format");
    expect(error.message).toContain("escaped.bin");
    expect(hub.requests.filter(({ path }) => path.includes("escaped"))).toEqual([]);
  });

  it("of which a tokenizer alone is wanted costs no weights", async () => {
    const hub = await serveHub([repository]);
    const { locate } = user(hub.endpoint, { use: "tokenizer" });
    await locate(id);
    expect(hub.fetched()).toEqual(["tokenizer_config.json", "tokenizer.json"]);
  });

  it("that is a trained classifier comes with what it was trained with", async () => {
    const hub = await hubWith({ files: { ...files, "training_args.json": Buffer.from("{}") } });
    const { locate, snapshot } = user(hub.endpoint, { use: "classifier" });
    await locate(id);
    expect(existsSync(join(snapshot, "training_args.json"))).toBe(true);
  });

  it("of another family costs no more than its config", async () => {
    const config = Buffer.from(JSON.stringify({ model_type: "gpt2" }));
    const hub = await hubWith({ files: { ...files, "config.json": config } });
    const error = await failure(user(hub.endpoint).locate(id));
    expect(error.code).toBe("checkpoint-config");
    expect(hub.fetched()).toEqual(["config.json"]);
  });

  it("with a tokenizer of another kind costs no weights", async () => {
    const unigram = Buffer.from(JSON.stringify({ model: { type: "Unigram", vocab: [] } }));
    const hub = await hubWith({ files: { ...files, "tokenizer.json": unigram } });
    const error = await failure(user(hub.endpoint).locate(id));
    expect(error.code).toBe("tokenizer-format");
    expect(hub.fetched()).not.toContain("model.safetensors");
  });

  it.each([
    ["weights", ["model.safetensors", "pytorch_model.bin"]],
    ["a vocabulary", ["tokenizer.json", "vocab.txt"]],
    ["a config", ["config.json"]],
  ])("without %s is no model", async (_case, names) => {
    const left = Object.entries(files).filter(([name]) => !names.includes(name));
    const hub = await hubWith({ files: Object.fromEntries(left) });
    const error = await failure(user(hub.endpoint).locate(id));
    expect(error.code).toBe("checkpoint-missing");
    for (const name of names) expect(error.message).toContain(name);
  });
});

describe("a part of a model in the cache", () => {
  /** A cache with all files but some, as another tool leaves it that needed no more. */
  async function cacheWithout(...names: readonly string[]) {
    const hub = await serveHub([repository]);
    const { locate, cacheFolder, place, snapshot } = user(hub.endpoint);
    await locate(id);
    await hub.close();
    rmSync(join(place, ".no_exist"), { recursive: true });
    for (const name of names) {
      rmSync(realpathSync(join(snapshot, name)));
      rmSync(join(snapshot, name));
    }
    return { cacheFolder, snapshot };
  }

  it("is completed from the hub", async () => {
    const { cacheFolder } = await cacheWithout("model.safetensors");
    const hub = await serveHub([repository]);
    await user(hub.endpoint, { cacheFolder }).locate(id);
    expect(hub.fetched()).toEqual(["model.safetensors"]);
  });

  it("is asked for what may change how texts are read, of the commit it has", async () => {
    const { cacheFolder, snapshot } = await cacheWithout("tokenizer_config.json");
    const hub = await serveHub([repository]);
    await user(hub.endpoint, { cacheFolder }).locate(id);
    expect(hub.fetched()).toEqual(["tokenizer_config.json"]);
    expect(existsSync(join(snapshot, "tokenizer_config.json"))).toBe(true);
    expect(hub.requests.every(({ path }) => path.includes(`/resolve/${commit}/`))).toBe(true);
  });

  it("that suffices is used with a warning where nobody answers, and offline", async () => {
    const { cacheFolder, snapshot } = await cacheWithout("tokenizer_config.json");
    const { host, locate } = user("http://127.0.0.1:1", { cacheFolder });
    expect((await locate(id)).folder).toBe(snapshot);
    expect(host.notices("warning")).toContain("tokenizer_config.json");
    const offline = user("", { cacheFolder, settings: { offlineBy } });
    expect((await offline.locate(id)).folder).toBe(snapshot);
  });

  it("offline is an error that names what is missing", async () => {
    const { cacheFolder } = await cacheWithout("model.safetensors");
    const error = await failure(user("", { cacheFolder, settings: { offlineBy } }).locate(id));
    expect(error.code).toBe("hub-offline");
    expect(error.message).toContain("a part without model.safetensors or pytorch_model.bin");
  });
});

describe("without network", () => {
  it("says which files to put where, and finds them there", async () => {
    const cacheFolder = freshCache();
    const { locate } = user("https://hub.invalid", { cacheFolder, settings: { offlineBy } });
    const error = await failure(locate(id));
    expect(error.code).toBe("hub-offline");
    expect(error.message).toContain(`as ${offlineBy} allows no network`);
    for (const text of [
      `https://hub.invalid/${id}`,
      `the folder ${join(process.cwd(), id)}`,
      "config.json; model.safetensors or pytorch_model.bin; tokenizer.json",
      `models--sea--little-roberta from the cache of a machine that has it into ${cacheFolder}`,
    ]) {
      expect(error.hint).toContain(text);
    }
    // Nothing was made on the way.
    expect(existsSync(cacheFolder)).toBe(false);
  });

  it("that was to be used says the same, at once", async () => {
    const hub = await serveHub([]);
    await hub.close();
    const error = await failure(user(hub.endpoint).locate(id));
    expect(error.code).toBe("download-failed");
    expect(error.message).toContain("no connection (ECONNREFUSED)");
    expect(error.hint).toContain(`Put the files of ${hub.endpoint}/${id} into the folder`);
  });
});

describe("the token", () => {
  const needs = { token: "hf_secret", kind: "private" } as const;

  const tokensSeen = ({ requests }: HubServer, server: HubRequest["server"]) => [
    ...new Set(requests.filter((one) => one.server === server).map((one) => one.authorization)),
  ];

  it("goes to the hub, and not to where it redirects to", async () => {
    const hub = await hubWith({ needs });
    await user(hub.endpoint, { settings: { token: needs.token } }).locate(id);
    expect(tokensSeen(hub, "hub")).toEqual(["Bearer hf_secret"]);
    expect(tokensSeen(hub, "network")).toEqual([undefined]);
  });

  it("does not follow a redirect of a mirror to another host", async () => {
    const other = await serveHub([repository]);
    const mirror = await serveHub([], {
      instead: ({ path }) => status(307, { location: `${other.endpoint}${path}` }),
    });
    await user(mirror.endpoint, { settings: { token: needs.token } }).locate(id);
    expect(tokensSeen(mirror, "hub")).toEqual(["Bearer hf_secret"]);
    expect(tokensSeen(other, "hub")).toEqual([undefined]);
  });

  it("may stand in a file; that of the environment comes first", async () => {
    const tokenFile = at("token");
    writeFileSync(tokenFile, "hf_secret\n");
    const hub = await hubWith({ needs });
    await user(hub.endpoint, { settings: { tokenFile } }).locate(id);
    const settings = { tokenFile, token: "hf_other" };
    expect((await failure(user(hub.endpoint, { settings }).locate(id))).code).toBe("hub-not-found");
  });

  it.each([
    ["private", undefined, "hub-not-found", "set HF_TOKEN"],
    ["private", "hf_wrong", "hub-not-found", "the token that was sent may not read it"],
    ["gated", undefined, "hub-denied", "ask for access on"],
    ["gated", "hf_wrong", "hub-denied", "Ask for access on"],
  ] as const)("of a %s repository that is %s", async (kind, token, code, hint) => {
    const hub = await hubWith({ needs: { ...needs, kind } });
    const settings = token === undefined ? {} : { token };
    const error = await failure(user(hub.endpoint, { settings }).locate(id));
    expect(error.code).toBe(code);
    expect(error.hint).toContain(hint);
    expect(`${error.message} ${error.hint}`).not.toContain("hf_");
  });
});

describe("the hub refuses", () => {
  it("a repository that is not there", async () => {
    const hub = await serveHub([]);
    const error = await failure(user(hub.endpoint).locate("sea/nothing"));
    expect(error.code).toBe("hub-not-found");
    expect(error.message).toBe(
      `expected a folder sea/nothing, or a model repository at ${hub.endpoint}/sea/nothing, got neither: HTTP status 401 (RepoNotFound)`,
    );
  });

  it("a revision that is not there", async () => {
    const hub = await serveHub([repository]);
    const error = await failure(user(hub.endpoint).locate(`${id}@v2`));
    expect(error.code).toBe("hub-not-found");
    expect(error.message).toContain("the branch, tag or commit v2");
  });

  it("by 404 or 401 alone, as a mirror may", async () => {
    const hub = await serveHub([repository], { silent: true });
    await user(hub.endpoint).locate(id);
    expect((await failure(user(hub.endpoint).locate(`${id}@v2`))).code).toBe("hub-not-found");
    expect((await failure(user(hub.endpoint).locate("sea/nothing"))).code).toBe("hub-denied");
  });

  it("after too many requests, but not if a short pause will do", async () => {
    const once = [status(429, { "retry-after": "0" })];
    const hub = await hubWith({}, { instead: () => once.shift() });
    await user(hub.endpoint).locate(id);
    for (const headers of [{ "retry-after": "300" }, { ratelimit: '"resolvers";r=0;t=300' }]) {
      const busy = await hubWith({}, { instead: () => status(429, headers) });
      const error = await failure(user(busy.endpoint).locate(id));
      expect(error.code).toBe("hub-busy");
      expect(error.hint).toContain("Wait 300 seconds");
      expect(busy.requests).toHaveLength(1);
    }
    const bytes = insteadOfWeights(status(429, { "retry-after": "300" }));
    const late = await failure(user((await hubWith({}, bytes)).endpoint).locate(id));
    expect(late.code).toBe("hub-busy");
  });

  it("when it is in trouble, after some attempts", async () => {
    const hub = await hubWith({}, { instead: () => status(503) });
    const error = await failure(user(hub.endpoint).locate(id));
    expect(error.code).toBe("download-failed");
    expect(error.message).toContain("HTTP status 503");
    expect(hub.requests).toHaveLength(2);
  });

  it.each([
    ["a login page", {}, "X-Repo-Commit"],
    ["a path in place of a commit", { "x-repo-commit": "../../etc" }, "X-Repo-Commit"],
    ["a path in place of a checksum", { "x-repo-commit": commit, etag: '"../../x"' }, "ETag"],
    ["no checksum", { "x-repo-commit": commit }, "ETag"],
  ])("nothing, but is no hub: %s", async (_case, headers, header) => {
    const hub = await hubWith({}, { instead: () => status(200, headers) });
    const { locate, cacheFolder } = user(hub.endpoint);
    const error = await failure(locate(id));
    expect(error.code).toBe("download-failed");
    expect(error.message).toContain(`expected the header ${header}`);
    expect(existsSync(join(cacheFolder, `models--sea--little-roberta`))).toBe(false);
  });

  it("nothing, but redirects for ever", async () => {
    const hub = await hubWith({}, { instead: ({ path }) => status(302, { location: path }) });
    expect((await failure(user(hub.endpoint).locate(id))).message).toContain("at most 5 redirects");
  });
});

describe("a download", () => {
  it("goes on after a cut", async () => {
    const hub = await hubWith({}, insteadOfWeights(cutAfter(1000, weights)));
    const { locate, snapshot } = user(hub.endpoint);
    await locate(id);
    expect(hub.requests.filter(bytesOf).map(({ range }) => range)).toEqual([
      undefined,
      "bytes=1000-",
    ]);
    expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true);
  });

  it("that was stopped goes on with the next command; the cache knows nothing of it till then", async () => {
    const slow = insteadOfWeights(silentAfter(1000, weights));
    const hub = await hubWith({}, slow);
    const cacheFolder = freshCache();
    const stopped = user(hub.endpoint, {
      cacheFolder,
      stopAt: (event) => event.type === "progress" && event.detail === `${id} model.safetensors`,
    });
    const error = await failure(stopped.locate(id));
    expect(error.code).toBe("interrupted");
    expect(existsSync(join(stopped.place, "refs"))).toBe(false);
    expect(existsSync(join(cacheFolder, ".locks"))).toBe(false);
    const offline = user("", { cacheFolder, settings: { offlineBy } });
    expect((await failure(offline.locate(id))).code).toBe("hub-offline");
    await user(hub.endpoint, { cacheFolder }).locate(id);
    expect(hub.requests.filter(bytesOf).at(-1)?.range).toBe("bytes=1000-");
  });

  it("from a server without ranges begins anew", async () => {
    const anew = (_request: unknown, response: import("node:http").ServerResponse) =>
      response.writeHead(200, { "content-length": weights.length }).end(weights);
    const hub = await hubWith({}, insteadOfWeights(cutAfter(1000, weights), anew));
    const { locate, snapshot } = user(hub.endpoint);
    await locate(id);
    expect(readFileSync(join(snapshot, "model.safetensors")).equals(weights)).toBe(true);
  });

  it.each([
    ["weights", bytesOf, Buffer.from(weights.toReversed()), "SHA-256"],
    [
      "a small file",
      ({ method, path }: HubRequest) => method === "GET" && path.endsWith("tokenizer_config.json"),
      Buffer.from("[]"),
      "SHA-1",
    ],
  ] as const)("of %s with other bytes is thrown away", async (_case, isWrong, bytes, kind) => {
    const hub = await hubWith(
      {},
      {
        instead: (request) =>
          isWrong(request)
            ? (_request, response) =>
                response.writeHead(200, { "content-length": bytes.length }).end(bytes)
            : undefined,
      },
    );
    const { locate, place } = user(hub.endpoint);
    const error = await failure(locate(id));
    expect(error.code).toBe("download-mismatch");
    expect(error.message).toContain(kind);
    expect(readdirSync(join(place, "blobs")).filter((name) => name.endsWith(".part"))).toEqual([]);
    expect(existsSync(join(place, "refs"))).toBe(false);
  });

  it("of the same repository by two commands happens once: the second waits", async () => {
    const hub = await hubWith({}, insteadOfWeights(cutAfter(1000, weights)));
    const cacheFolder = freshCache();
    const users = [user(hub.endpoint, { cacheFolder }), user(hub.endpoint, { cacheFolder })];
    const [one, two] = await Promise.all(users.map(({ locate }) => locate(id)));
    expect(one).toEqual(two);
    expect(hub.fetched().filter((name) => name === "model.safetensors")).toHaveLength(2);
    expect(users[1].host.notices()).toContain(`waiting for another command: download of ${id}`);
    expect(users[1].host.progress("downloading")).toEqual([]);
  });

  it("can be stopped while it waits", async () => {
    const hub = await hubWith({}, insteadOfWeights(silentAfter(1000, weights)));
    const cacheFolder = freshCache();
    const first = user(hub.endpoint, { cacheFolder });
    const begun = failure(first.locate(id));
    const second = user(hub.endpoint, {
      cacheFolder,
      stopAt: (event) => event.type === "notice" && event.text.startsWith("waiting"),
    });
    expect((await failure(second.locate(id))).code).toBe("interrupted");
    await hub.close();
    await begun;
  });

  const lockOf = (cacheFolder: string, holder: { pid: number; host: string }) => {
    const folder = join(cacheFolder, ".locks", "models--sea--little-roberta");
    mkdirSync(folder, { recursive: true });
    const since = "2026-01-01T00:00:00.000Z";
    const lock = { command: "download", since, process_start: null, ...holder };
    writeFileSync(join(folder, "l3masking.lock"), JSON.stringify(lock));
  };

  it("takes over the lock of a process that has ended", async () => {
    const hub = await serveHub([repository]);
    const cacheFolder = freshCache();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    lockOf(cacheFolder, { pid, host: hostname() });
    const { locate, host } = user(hub.endpoint, { cacheFolder });
    await locate(id);
    expect(host.notices("warning")).toContain("taking it over");
  });

  it("refuses where another machine holds the lock", async () => {
    const hub = await serveHub([repository]);
    const cacheFolder = freshCache();
    lockOf(cacheFolder, { pid: 1, host: "elsewhere" });
    const error = await failure(user(hub.endpoint, { cacheFolder }).locate(id));
    expect(error.code).toBe("output-in-use");
    expect(error.message).toContain("process 1 on elsewhere");
    expect(error.hint).not.toContain("--output-dir");
  });
});

describe("the cache", () => {
  it("with a link to nothing, or a reference that leads elsewhere, is not believed", async () => {
    const hub = await serveHub([repository]);
    const { locate, place, snapshot } = user(hub.endpoint);
    mkdirSync(snapshot, { recursive: true });
    symlinkSync("../../blobs/nothing", join(snapshot, "config.json"));
    mkdirSync(join(place, "refs"));
    writeFileSync(join(place, "refs", "main"), "../../../../etc");
    await locate(id);
    expect(lstatSync(join(snapshot, "config.json")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(snapshot, "config.json")).equals(files["config.json"])).toBe(true);
    expect(readFileSync(join(place, "refs", "main"), "utf8")).toBe(commit);
  });

  it.skipIf(process.getuid?.() === 0)("that is read-only is an error that says so", async () => {
    const hub = await serveHub([repository]);
    const folder = at("read-only");
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const { locate } = user(hub.endpoint, { cacheFolder: join(folder, "hub") });
    expect((await failure(locate(id))).code).toBe("output-unwritable");
  });
});
