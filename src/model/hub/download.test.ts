import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { cutAfter, serve, silentAfter, status, whole } from "../../../test/fixtures/file-server.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { type DownloadRequest, download } from "./download.js";

const at = temporaryFolder();

const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7 + (i >> 8)) % 256));
const bytes = content.length;
const sha256 = createHash("sha256").update(content).digest("hex");
const other = Buffer.from(content.toReversed());

const hasty = {
  attempts: 2,
  pauseMilliseconds: 1,
  stallMilliseconds: 300,
  longestPauseMilliseconds: 50,
};

let nextFile = 0;
/** A path that no test has used. */
const fresh = () => at(`folder-${nextFile++}/file.bin`);

/** What an earlier call wrote. */
function leave(path: string, left: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, left);
}

function run(request: DownloadRequest, cancelled = () => false) {
  const progress: [number, number | undefined][] = [];
  const watch = {
    progress: (done: number, total: number | undefined) => progress.push([done, total]),
    cancelled,
  };
  return { progress, end: download(request, watch, hasty) };
}

describe("download", () => {
  it("gives a file its name once size and checksum are right, and tells how far it is", async () => {
    const server = await serve(whole(content));
    const path = fresh();
    const { progress, end } = run({ url: `${server.url}/a`, path, bytes, sha256 });
    await end;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(existsSync(`${path}.part`)).toBe(false);
    expect(progress.at(-1)).toEqual([bytes, bytes]);
    expect(server.requests).toEqual([{ path: "/a", range: undefined }]);
  });

  it("takes the size from the server where the request has none", async () => {
    const server = await serve(whole(content));
    const { progress, end } = run({ url: server.url, path: fresh() });
    await end;
    expect(progress.at(-1)).toEqual([bytes, bytes]);
  });

  it("follows redirects", async () => {
    const server = await serve(status(302, { location: "/elsewhere" }), whole(content));
    const path = fresh();
    await run({ url: `${server.url}/here`, path, bytes, sha256 }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests.map((request) => request.path)).toEqual(["/here", "/elsewhere"]);
  });

  it.each([
    ["with its version named", '"v1"'],
    ["without", undefined],
  ])("goes on where the connection was cut, %s", async (_case, etag) => {
    const server = await serve(cutAfter(2000, content, etag), whole(content, etag));
    const path = fresh();
    await run({ url: server.url, path, bytes, sha256 }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, "bytes=2000-"]);
  });

  it("begins anew where the file was replaced meanwhile", async () => {
    const server = await serve(cutAfter(2000, other, '"v1"'), whole(content, '"v2"'));
    const path = fresh();
    await run({ url: server.url, path, bytes }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it("counts a connection that brings nothing as cut", async () => {
    const server = await serve(silentAfter(1000, content), whole(content));
    const path = fresh();
    await run({ url: server.url, path, bytes, sha256 }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests[1].range).toBe("bytes=1000-");
  });

  it("goes on with what an earlier call left, if a checksum can tell that it belongs here", async () => {
    const server = await serve(whole(content));
    const [checked, unchecked] = [fresh(), fresh()];
    for (const path of [checked, unchecked]) leave(`${path}.part`, content.subarray(0, 3000));
    await run({ url: server.url, path: checked, bytes, sha256 }).end;
    await run({ url: server.url, path: unchecked, bytes }).end;
    expect(server.requests.map(({ range }) => range)).toEqual(["bytes=3000-", undefined]);
    for (const path of [checked, unchecked]) expect(readFileSync(path).equals(content)).toBe(true);
  });

  it.each([
    ["other bytes", other.subarray(0, 3000)],
    ["as many bytes", other],
    ["too many bytes", Buffer.concat([content, content])],
  ])("fetches the whole where an earlier call left %s", async (_case, left) => {
    const server = await serve(whole(content));
    const path = fresh();
    leave(`${path}.part`, left);
    await run({ url: server.url, path, bytes, sha256 }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it("fetches the whole where the server knows no ranges", async () => {
    const server = await serve(cutAfter(2000, content), (_request, response) => {
      response.writeHead(200, { "content-length": bytes }).end(content);
    });
    const path = fresh();
    await run({ url: server.url, path, bytes, sha256 }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it("waits for a server that is busy", async () => {
    const server = await serve(status(503), whole(content));
    const path = fresh();
    await run({ url: server.url, path, bytes, sha256 }).end;
    expect(server.requests).toHaveLength(2);
  });
});

describe("a download that fails", () => {
  it("with another checksum leaves nothing behind", async () => {
    const server = await serve(whole(other));
    const path = fresh();
    const error = await failure(run({ url: server.url, path, bytes, sha256 }).end);
    expect(error.code).toBe("download-mismatch");
    expect(error.message).toContain(sha256);
    expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
  });

  it.each([
    ["announced", whole(content.subarray(1))],
    ["unannounced", whole(Buffer.concat([content, content]))],
  ])("with another size, %s", async (_case, answer) => {
    const server = await serve(answer);
    const path = fresh();
    const error = await failure(run({ url: server.url, path, bytes, sha256 }).end);
    expect(error.code).toBe("download-mismatch");
    expect(existsSync(path)).toBe(false);
  });

  it("with 404 says so and does not try again", async () => {
    const server = await serve(status(404));
    const error = await failure(run({ url: `${server.url}/gone`, path: fresh(), bytes }).end);
    expect(error.code).toBe("download-failed");
    expect(error.message).toBe(`cannot download ${server.url}/gone: HTTP status 404`);
    expect(server.requests).toHaveLength(1);
  });

  it("by too many cuts keeps what came", async () => {
    const server = await serve(cutAfter(2000, content), status(500));
    const path = fresh();
    const error = await failure(run({ url: server.url, path, bytes, sha256 }).end);
    expect(error.code).toBe("download-failed");
    expect(error.message).toContain("HTTP status 500");
    expect(readFileSync(`${path}.part`).equals(content.subarray(0, 2000))).toBe(true);
    // The cut one brought bytes; two without any are too many.
    expect(server.requests).toHaveLength(3);
  });

  it("for want of a network says so at once", async () => {
    const server = await serve(status(200));
    await server.close();
    const { progress, end } = run({ url: server.url, path: fresh(), bytes });
    const error = await failure(end);
    expect(error.code).toBe("download-failed");
    expect(error.message).toContain(": no connection (ECONNREFUSED)");
    expect(progress).toEqual([]);
  });

  it("by a stop keeps what came, and the next call goes on", async () => {
    const server = await serve(silentAfter(1000, content), whole(content));
    const path = fresh();
    let stop = false;
    const watch = {
      progress: () => {
        stop = true;
      },
      cancelled: () => stop,
    };
    const error = await failure(download({ url: server.url, path, bytes, sha256 }, watch, hasty));
    expect(error.code).toBe("interrupted");
    await run({ url: server.url, path, bytes, sha256 }).end;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(server.requests[1].range).toBe("bytes=1000-");
  });

  it("by a stop while nothing comes ends soon", async () => {
    const server = await serve(silentAfter(0, content));
    let looks = 0;
    const watch = { progress: () => undefined, cancelled: () => ++looks > 1 };
    const patient = { ...hasty, stallMilliseconds: 1e9 };
    const request = { url: server.url, path: fresh(), bytes };
    const error = await failure(download(request, watch, patient));
    expect(error.code).toBe("interrupted");
  });
});
