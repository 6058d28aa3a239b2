import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { holdingFolder, LOCK_FILE } from "./folder-lock.js";

const at = temporaryFolder();
const host = createTestHost();
const hold = <Result>(name: string, work: () => Promise<Result>, by = host) =>
  holdingFolder(at(name), "train", by, work);
const nothing = async () => undefined;

/** A folder with the lock of another process. */
function lockedFolder(name: string, lock: object | string): void {
  mkdirSync(at(name));
  const text = typeof lock === "string" ? lock : JSON.stringify(lock);
  writeFileSync(at(`${name}/${LOCK_FILE}`), text);
}

const other = {
  command: "pretrain",
  pid: process.pid,
  host: hostname(),
  since: "2026-11-20T08:00:00.000Z",
  process_start: null,
};

/** The pid of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "close");
  return child.pid ?? 0;
}

describe("a folder that is held", () => {
  it("has a lock that names its holder, and none afterwards", async () => {
    const lock = await hold("held", async () => readJson(at(`held/${LOCK_FILE}`)));
    expect(lock).toMatchObject({
      command: "train",
      pid: process.pid,
      host: hostname(),
      since: host.time(),
    });
    expect(existsSync(at(`held/${LOCK_FILE}`))).toBe(false);
  });

  it("is given free by work that fails, and taken away where it was made for nothing", async () => {
    await expect(hold("failing/deep", () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(existsSync(at("failing"))).toBe(false);
    mkdirSync(at("there"));
    await hold("there", nothing);
    expect(readdirSync(at("there"))).toEqual([]);
    await hold("filled", async () => writeFileSync(at("filled/a"), ""));
    expect(readdirSync(at("filled"))).toEqual(["a"]);
  });

  it("is refused to others of the same process, which leave the lock alone", async () => {
    await hold("twice", async () => {
      const before = readFileSync(at(`twice/${LOCK_FILE}`), "utf8");
      const error = await failure(hold("twice", nothing));
      expect(error).toMatchObject({ code: "output-in-use", exitCode: 2 });
      for (const part of [`process ${process.pid}`, hostname(), host.time(), "train"]) {
        expect(error.message).toContain(part);
      }
      expect(readFileSync(at(`twice/${LOCK_FILE}`), "utf8")).toBe(before);
      expect(readdirSync(at("twice"))).toEqual([LOCK_FILE]);
    });
  });

  it("goes to one of many that ask at once", async () => {
    let inside = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        hold("many", async () => {
          inside += 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(1);
    expect(inside).toBe(1);
  });
});

describe("the lock of another process", () => {
  it("that runs is respected", async () => {
    lockedFolder("running", other);
    const error = await failure(hold("running", nothing));
    expect(error).toMatchObject({ code: "output-in-use" });
    expect(error.message).toContain(`pretrain (process ${process.pid} on ${hostname()} since 2026`);
    expect(error.hint).toContain(at(`running/${LOCK_FILE}`));
    expect(existsSync(at(`running/${LOCK_FILE}`))).toBe(true);
  });

  it("that has ended is taken over, which is told", async () => {
    const pid = await endedPid();
    lockedFolder("ended", { ...other, pid });
    // What a process leaves that is killed while it takes a lock.
    writeFileSync(at(`ended/${LOCK_FILE}.${pid}-0000`), "");
    const told = createTestHost();
    await hold("ended", async () => expect(readdirSync(at("ended"))).toEqual([LOCK_FILE]), told);
    expect(told.notices("warning")).toContain(`pretrain (process ${pid} on`);
    expect(readdirSync(at("ended"))).toEqual([]);
  });

  it.skipIf(!existsSync("/proc/self/stat"))(
    "whose number was given to a later process is taken over",
    async () => {
      lockedFolder("reused", { ...other, process_start: "1" });
      expect(await hold("reused", async () => "done")).toBe("done");
    },
  );

  it("on another machine is respected, whether that process runs or not", async () => {
    lockedFolder("elsewhere", { ...other, pid: await endedPid(), host: "another.example" });
    const error = await failure(hold("elsewhere", nothing));
    expect(error).toMatchObject({ code: "output-in-use" });
    expect(error.message).toContain("another.example");
    expect(error.hint).toContain("remove");
  });

  it.each(["", "{", '{"pid": "x"}'])("that cannot be read (%s) is respected", async (text) => {
    lockedFolder(`damaged-${text.length}`, text);
    const error = await failure(hold(`damaged-${text.length}`, nothing));
    expect(error).toMatchObject({ code: "output-in-use" });
    expect(error.hint).toContain(LOCK_FILE);
  });
});

describe("a place that cannot be held", () => {
  it("is refused before the work", async () => {
    writeFileSync(at("file"), "");
    const work = () => expect.unreachable("no work is due");
    expect(await failure(hold("file", work))).toMatchObject({ code: "invalid-setting" });
    expect(await failure(hold("file/below", work))).toMatchObject({ code: "invalid-setting" });
  });
});
