import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { cutAfter, silentAfter, status } from "../../../test/fixtures/file-server.js";
import { type HubRequest, type HubServer, serveHub } from "../../../test/fixtures/hub-server.js";
import {
  at,
  bytesOf,
  commit,
  freshCache,
  hubWith,
  id,
  insteadOfWeights,
  offlineBy,
  repository,
  user,
  weights,
} from "../../../test/fixtures/hub-user.js";
import { writeLock } from "../../../test/fixtures/lock.js";
import { type Holder, thisProcess } from "../../platform/files/lease-holder.js";
import type { RunEvent } from "../host/host.js";

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
    ["private", "hf_wrong", "hub-not-found", "use a token with read access to it"],
    ["gated", undefined, "hub-denied", "request access on"],
    ["gated", "hf_wrong", "hub-denied", "Request access on"],
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
      `expected a folder sea/nothing or a model repository at ${hub.endpoint}/sea/nothing, found neither (HTTP status 401 (RepoNotFound))`,
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
    const [first, second] = [1, 2].map(() => user(hub.endpoint, { cacheFolder }));
    const one = first.locate(id);
    // It has the lock by then.
    await vi.waitFor(() => expect(hub.requests).not.toEqual([]), { interval: 1 });
    expect(await second.locate(id)).toEqual(await one);
    expect(hub.fetched().filter((name) => name === "model.safetensors")).toHaveLength(2);
    expect(second.host.notices()).toContain(`waiting for another command: download of ${id}`);
    expect(second.host.progress("downloading")).toEqual([]);
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

  const lockOf = (cacheFolder: string, holder: Partial<Holder>) => {
    const folder = join(cacheFolder, ".locks", "models--sea--little-roberta");
    const since = "2026-01-01T00:00:00.000Z";
    writeLock(folder, { ...thisProcess("download", since), process_start: null, ...holder });
  };

  it("takes over the lock of a process that has ended", async () => {
    const hub = await serveHub([repository]);
    const cacheFolder = freshCache();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    lockOf(cacheFolder, { pid });
    const { locate, host } = user(hub.endpoint, { cacheFolder });
    await locate(id);
    expect(host.notices("warning")).toContain("taking it over");
  });

  it("waits where another machine holds the lock", async () => {
    const hub = await serveHub([repository]);
    const cacheFolder = freshCache();
    lockOf(cacheFolder, { pid: 1, host: "elsewhere", pid_space: "another" });
    const stopAt = (event: RunEvent) => event.type === "notice";
    const error = await failure(user(hub.endpoint, { cacheFolder, stopAt }).locate(id));
    expect(error.code).toBe("interrupted");
    expect(error.message).toContain("waiting for download (process 1 on elsewhere");
  });
});
