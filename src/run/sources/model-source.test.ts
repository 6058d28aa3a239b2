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
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { checksumOf, serveHub } from "../../../test/fixtures/hub-server.js";
import {
  at,
  commit,
  files,
  freshCache,
  hubWith,
  id,
  offlineBy,
  repository,
  user,
  weights,
} from "../../../test/fixtures/hub-user.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { pinnedName } from "./model-source.js";

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
    expect(error.message).toContain("which is not a repository name either");
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
    expect((await loadCheckpoint(source.folder)).spec.family.name).toBe("roberta");
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
    [
      "vocab.txt",
      {
        "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsea\n",
        "tokenizer_config.json": '{"tokenizer_class": "BertTokenizer"}',
      },
    ],
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
    expect(hub.fetched()).toEqual(["tokenizer_config.json", "config.json", "tokenizer.json"]);
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
    expect(error.message).toContain("only a part, without model.safetensors or pytorch_model.bin");
  });
});

describe("without network", () => {
  it("says which files to put where, and finds them there", async () => {
    const cacheFolder = freshCache();
    const { locate } = user("https://hub.invalid", { cacheFolder, settings: { offlineBy } });
    const error = await failure(locate(id));
    expect(error.code).toBe("hub-offline");
    expect(error.message).toContain(`since ${offlineBy} forbids downloads`);
    for (const text of [
      `https://hub.invalid/${id}`,
      `the folder ${join(process.cwd(), id)}`,
      "config.json; model.safetensors or pytorch_model.bin; tokenizer.json",
      `models--sea--little-roberta from another machine's cache to ${cacheFolder}`,
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

  // Root may write everywhere, and Windows has no such modes.
  const noModes = process.getuid === undefined || process.getuid() === 0;
  it.skipIf(noModes)("that is read-only is an error that says so", async () => {
    const hub = await serveHub([repository]);
    const folder = at("read-only");
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const { locate } = user(hub.endpoint, { cacheFolder: join(folder, "hub") });
    expect((await failure(locate(id))).code).toBe("output-unwritable");
  });
});
