import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { writeLock } from "../../../test/fixtures/lock.js";
import { writeDurably } from "./durable.js";
import { writeFolder } from "./durable-folder.js";
import { holdingFolder } from "./folder-lock.js";
import { removeHeld } from "./held-folders.js";
import { type LeaseSystem, LOCK_NAME } from "./lease.js";
import { type Holder, thisProcess } from "./lease-holder.js";
import { leaseSystem } from "./lease-system.js";

const at = temporaryFolder();
const host = createTestHost();
const hold = <Result>(name: string, work: () => Promise<Result>, by = host, system?: LeaseSystem) =>
  holdingFolder(at(name), "train", by, work, undefined, system);
const nothing = async () => undefined;

const other: Holder = { ...thisProcess("pretrain", "2026-11-20T08:00:00.000Z"), pid: process.pid };
const elsewhere: Holder = { ...other, host: "another.example", pid_space: "another" };

/** A lock as another process leaves it. */
function lockedFolder(name: string, holder: Holder | string): string {
  return writeLock(at(name), holder);
}

/** The system, with a clock that goes on a second with every look. `onLook` is told how many there were. */
function hurried(onLook: (looks: number) => void = () => undefined): LeaseSystem {
  let looks = 0;
  return {
    ...leaseSystem(
      () => looks * 1000,
      () => undefined,
    ),
    async pause() {
      looks += 1;
      onLook(looks);
    },
  };
}

/** The pid of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "close");
  return child.pid ?? 0;
}

/** The file of the lease in a folder that is held. */
function leaseFile(name: string): string {
  const [id] = readdirSync(at(`${name}/${LOCK_NAME}`));
  return at(`${name}/${LOCK_NAME}/${id}/holder.json`);
}

describe("a folder that is held", () => {
  it("has a lock that names its holder, and none afterwards", async () => {
    const lock = await hold("held", async () => readJson(leaseFile("held")));
    expect(lock).toMatchObject({
      command: "train",
      pid: process.pid,
      host: hostname(),
      since: host.time(),
    });
    expect(existsSync(at(`held/${LOCK_NAME}`))).toBe(false);
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
      const before = leaseFile("twice");
      const error = await failure(hold("twice", nothing));
      expect(error).toMatchObject({ code: "output-in-use", exitCode: 2 });
      for (const part of [`process ${process.pid}`, hostname(), host.time(), "train"]) {
        expect(error.message).toContain(part);
      }
      expect(leaseFile("twice")).toBe(before);
      expect(readdirSync(at("twice"))).toEqual([LOCK_NAME]);
    });
  });

  it("goes to one of many that ask at once", async () => {
    let refused = 0;
    const othersRefused = async () => {
      while (refused < 19) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        hold("many", othersRefused).then(
          () => "held",
          ({ code }: { code: string }) => {
            refused += 1;
            return code;
          },
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome !== "output-in-use")).toEqual(["held"]);
  });
});

describe("the lock of another process on this machine", () => {
  it("that runs is respected", async () => {
    const file = lockedFolder("running", other);
    const error = await failure(hold("running", nothing));
    expect(error).toMatchObject({ code: "output-in-use" });
    expect(error.message).toContain(`pretrain (process ${process.pid} on ${hostname()} since 2026`);
    expect(existsSync(file)).toBe(true);
  });

  it("that has ended is taken over, which is told", async () => {
    const pid = await endedPid();
    lockedFolder("ended", { ...other, pid });
    writeFileSync(at(`ended/${LOCK_NAME}/.DS_Store`), "what a system may put there");
    const told = createTestHost();
    await hold("ended", async () => expect(readdirSync(at("ended"))).toEqual([LOCK_NAME]), told);
    expect(told.notices("warning")).toMatch(
      new RegExp(`pretrain \\(process ${pid} on .* ended without .*: taking it over`),
    );
    expect(readdirSync(at("ended"))).toEqual([]);
  });

  it.skipIf(!existsSync("/proc/self/stat"))(
    "whose number was given to a later process is taken over",
    async () => {
      lockedFolder("reused", { ...other, process_start: "1" });
      expect(await hold("reused", async () => "done")).toBe("done");
    },
  );

  it("that was killed while it took or gave up the lock is in nobody's way", async () => {
    const lease = dirname(lockedFolder("killed", other));
    rmSync(`${lease}/holder.json`);
    writeFileSync(`${lease}/1-model.partial`, "");
    const mark = at(`killed/${LOCK_NAME}.old`);
    mkdirSync(mark);
    utimesSync(mark, 1, 1);
    mkdirSync(at(`killed/${LOCK_NAME}.new`));
    await hold("killed", nothing);
    expect(readdirSync(at("killed"))).toEqual([`${LOCK_NAME}.new`]);
  });
});

describe.each([
  ["of another machine", elsewhere],
  ["of a machine that is not known", { ...other, pid_space: null }],
  ["that cannot be read", '{"pid": "x"}'],
])("a lock %s", (title, holder) => {
  const name = title.replaceAll(" ", "-");

  it("is respected where it is touched", async () => {
    const file = lockedFolder(name, holder);
    const told = createTestHost();
    const touched = hurried((looks) => {
      if (looks === 170) utimesSync(file, 1, 1);
    });
    const error = await failure(hold(name, nothing, told, touched));
    expect(error).toMatchObject({ code: "output-in-use" });
    if (typeof holder !== "string") expect(error.message).toContain(holder.host);
    expect(told.notices("info")).toContain(
      "watching it for 180 seconds to see whether it still runs",
    );
    expect(existsSync(file)).toBe(true);
  });

  it("is taken over where it is not touched for 180 seconds", async () => {
    const told = createTestHost();
    let looks = 0;
    const untouched = hurried((count) => {
      looks = count;
    });
    expect(await hold(name, async () => "done", told, untouched)).toBe("done");
    expect(looks).toBe(180);
    expect(told.notices("warning")).toContain("for 180 seconds: taking it over");
  });
});

describe("a command that waits for another machine", () => {
  it("stops when it is asked to", async () => {
    lockedFolder("stopped", elsewhere);
    const stopping = createTestHost({ stopAt: () => true });
    const error = await failure(hold("stopped", nothing, stopping));
    expect(error.code).toBe("interrupted");
    expect(error.message).toContain("another.example");
  });
});

describe("a holder whose lock was taken over", () => {
  /** Holds a folder that another process takes over before `save`. */
  async function overtaken(name: string, save: () => void): Promise<void> {
    const later = at(`${name}/${LOCK_NAME}/later`);
    await expect(
      failure(
        hold(name, async () => {
          writeDurably(at(`${name}/before`), ["1"]);
          rmSync(dirname(leaseFile(name)), { recursive: true });
          mkdirSync(later);
          save();
        }),
      ),
    ).resolves.toMatchObject({
      code: "output-in-use",
      message: expect.stringContaining("another command has taken it over"),
    });
    expect(readFileSync(at(`${name}/before`), "utf8")).toBe("1");
    expect(readdirSync(at(name)).sort()).toEqual(["before", LOCK_NAME]);
    expect(readdirSync(at(`${name}/${LOCK_NAME}`))).toEqual(["later"]);
  }

  it("does not begin to work", async () => {
    const usual = hurried();
    const list = async (path: string) => {
      // Looked at once the lock is taken, for old marks.
      if (path === at("early")) rmSync(dirname(leaseFile("early")), { recursive: true });
      return usual.files.list(path);
    };
    const slow = { ...usual, files: { ...usual.files, list } };
    const work = () => expect.unreachable("no work is due");
    const error = await failure(hold("early", work, host, slow));
    expect(error).toMatchObject({ code: "output-in-use" });
  });

  it("saves no file", () => overtaken("no-file", () => writeDurably(at("no-file/before"), ["2"])));

  it("saves no folder", () =>
    overtaken("no-folder", () => {
      const files = [{ name: "a", pieces: [new Uint8Array(1)] }];
      writeFolder(at("no-folder/new"), files, { replace: false });
    }));

  it("removes nothing", () => overtaken("nothing", () => removeHeld(at("nothing/before"))));

  it("takes nothing of a file that was begun before", async () => {
    const pieces = function* () {
      yield "2";
      rmSync(dirname(leaseFile("begun")), { recursive: true });
    };
    const work = async () => writeDurably(at("begun/file"), pieces());
    expect(await failure(hold("begun", work))).toMatchObject({ code: "output-in-use" });
    expect(existsSync(at("begun"))).toBe(false);
  });
});

describe("a place that cannot be held", () => {
  it("is refused before the work", async () => {
    writeFileSync(at("file"), "");
    const work = () => expect.unreachable("no work is due");
    expect(await failure(hold("file", work))).toMatchObject({ code: "invalid-setting" });
    expect(await failure(hold("file/below", work))).toMatchObject({ code: "invalid-setting" });
    mkdirSync(at("odd"));
    writeFileSync(at(`odd/${LOCK_NAME}`), "");
    const error = await failure(hold("odd", work));
    expect(error).toMatchObject({ code: "output-in-use" });
    expect(error.hint).toContain(at(`odd/${LOCK_NAME}`));
  });
});
