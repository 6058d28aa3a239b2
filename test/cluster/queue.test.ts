/**
 * A comparison through a real Redis server, with workers that are processes with folders of their own: one is killed, and the server is
 * started anew, in the middle. What it writes is held against the same comparison on one machine.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { readJson, temporaryFolder } from "../fixtures/folders.js";
import { tinyModel } from "../fixtures/host.js";
import { filesBelow, type Started, type StartOptions, start } from "../fixtures/killing.js";
import { soundFiles } from "../fixtures/sounds.js";
import { type RedisLab, redisMissing, startRedis } from "./redis-lab.js";

if (redisMissing !== undefined) console.log(`test/cluster/queue.test.ts: skipped, ${redisMissing}`);

const at = temporaryFolder();
const PASSWORD = "only in the environment";
const SECONDS = 1000;

const words = (output: string, ...more: string[]) => [
  ...["compare", "--train-file", soundFiles.trainFile, "--test-file", soundFiles.testFile],
  ...["--validation-file", soundFiles.validationFile, "--model", tinyModel("bert")],
  ...["--max-length", "32", "--batch-size", "12", "--head-initialization", "random"],
  ...["--bootstrap-samples", "100", "--output-dir", at(output), "--threads", "1", ...more],
];
const rates = ["--learning-rate", "3e-3", "--head-learning-rate", "1e-2"];
const small = ["--methods", "stl,l3", "--seeds", "0-5", "--max-steps", "100", "--eval-steps", "25"];

const record = z.record(z.string(), z.unknown());

const running: Started[] = [];
const secret = { L3MASKING_QUEUE_PASSWORD: PASSWORD };

function run(line: readonly string[], options: StartOptions): Started {
  const started = start(line, options);
  running.push(started);
  return started;
}

const worker = (name: string, address: string, environment: StartOptions["environment"] = secret) =>
  run(["worker", "--queue", address, "--threads", "1"], { cacheFolder: at(name), environment });

const queued = (output: string, address: string, ...more: string[]) =>
  run(words(output, "--executor", "queue", "--queue", address, ...more), {
    cacheFolder: at(`cache of ${output}`),
    environment: secret,
  });

afterEach(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});

/** What a test that failed left in the queue is not for the next one. */
async function emptyQueue({ port }: RedisLab): Promise<void> {
  const client = new Redis({ port, password: PASSWORD });
  await client.flushall();
  client.disconnect();
}

/** Which runs a worker said that it had begun or ended, as it printed it. */
async function untilPrinted(ones: readonly Started[], text: string): Promise<Started> {
  return Promise.any(
    ones.map(async (one) => {
      await one.printed(text);
      if (!one.output().includes(text)) throw new Error("it ended before");
      return one;
    }),
  );
}

/** The report that a command on one machine writes of the finished runs in a folder, whose times are made equal. */
async function reportOf(folder: string): Promise<ReadonlyMap<string, string>> {
  for (const name of readdirSync(at(`${folder}/runs`))) {
    const path = at(`${folder}/runs/${name}/metrics.json`);
    const metrics = record.parse(readJson(path));
    const timing = Object.keys(record.parse(metrics.timing)).map((time) => [time, 1]);
    writeFileSync(path, JSON.stringify({ ...metrics, timing: Object.fromEntries(timing) }));
  }
  const cacheFolder = at("cache of whole");
  const { exitCode, out } = await run(words(folder, ...rates, ...small), { cacheFolder }).ended;
  expect(exitCode, out).toBe(0);
  expect(out).not.toContain('"state":"running"');
  const files = ["plan.json", "results.json", "results.md", "report.html", "figures.csv"];
  return new Map(files.map((name) => [name, readFileSync(at(`${folder}/${name}`), "utf8")]));
}

describe.skipIf(redisMissing !== undefined)("compare --executor queue", () => {
  let redis: RedisLab;

  beforeAll(async () => {
    redis = await startRedis({ folder: at("redis"), words: ["--requirepass", PASSWORD] });
  });
  beforeEach(() => emptyQueue(redis));
  afterAll(() => redis.kill());

  it("ends with the report of one machine, though a worker dies and the server is started anew", async () => {
    const whole = await run(words("whole", ...rates, ...small), {
      cacheFolder: at("cache of whole"),
    }).ended;
    expect(whole.exitCode, whole.out).toBe(0);

    const workers = ["alpha", "beta", "gamma"].map((name) => worker(name, redis.address));
    const comparison = queued("shared", redis.address, ...rates, ...small);

    // One worker dies with the run that it has.
    const dying = await untilPrinted(workers, ": begun");
    const others = workers.filter((one) => one !== dying);
    const [, lost = ""] = /"text":"(\S+): begun"/.exec(dying.output()) ?? [];
    dying.child.kill("SIGKILL");
    const diedAt = performance.now();
    const heir = await untilPrinted(others, `${lost}: begun`);
    const seconds = (performance.now() - diedAt) / SECONDS;
    console.log(`${lost} was begun again ${seconds.toFixed(1)} s after its worker was killed`);
    expect(seconds).toBeLessThan(30);

    // The server is started anew while runs are under way.
    await heir.printed(`${lost}: finished`);
    await redis.stop();
    await new Promise((resolve) => setTimeout(resolve, 2 * SECONDS));
    await redis.start();

    const { exitCode, out, err } = await comparison.ended;
    expect({ exitCode, err }, out).toEqual({ exitCode: 0, err: "" });
    expect(out).toContain("went silent");
    expect(out).toContain("connection lost");
    expect(out).toContain("connected again");

    for (const one of others) one.child.kill("SIGINT");
    const ends = await Promise.all(others.map(({ ended }) => ended));
    expect(ends.map((end) => end.exitCode)).toEqual([0, 0]);

    // All files of all runs, but for times and what says where it was trained.
    const except = ["metrics.json", "config.json"];
    expect(filesBelow(at("shared/runs"), except)).toEqual(filesBelow(at("whole/runs"), except));
    expect(await reportOf("shared")).toEqual(await reportOf("whole"));
    for (const text of [out, ...ends.map((end) => end.out + end.err), dying.output()]) {
      expect(text).not.toContain(PASSWORD);
    }
    for (const [name, bytes] of filesBelow(at("shared"))) {
      expect(Buffer.from(bytes, "base64").includes(PASSWORD), name).toBe(false);
    }
  });

  it("fails a poisoned run after three tries, and finishes the others", async () => {
    worker("alpha", redis.address);
    const wild = ["--methods", "tfidf,stl", "--seeds", "0", "--learning-rate", "1e30"];
    const steps = ["--head-learning-rate", "1e30", "--max-steps", "20"];
    const { exitCode, out } = await queued("poisoned", redis.address, ...wild, ...steps).ended;
    expect(exitCode, out).toBe(5);
    const { runs, unfinished } = z
      .object({
        runs: z.array(z.object({ method: z.string() })),
        unfinished: z.array(
          z.object({ folder: z.string(), error: z.object({ code: z.string() }) }),
        ),
      })
      .parse(readJson(at("poisoned/results.json")));
    expect(runs.map(({ method }) => method)).toEqual(["tfidf"]);
    expect(unfinished.map(({ error }) => error.code)).toEqual(["training-diverged"]);
    const failure = readJson(at(`poisoned/${unfinished[0].folder}/failure.json`));
    expect(failure).toMatchObject({ message: expect.stringContaining("try 3)") });
  });

  it("gives the run of a worker that is stopped back at once", async () => {
    const first = worker("alpha", redis.address);
    // Long enough that it is under way when its worker is stopped, on a fast machine too.
    const long = [
      "--methods",
      "stl",
      "--seeds",
      "7",
      "--max-steps",
      "4000",
      "--eval-steps",
      "1000",
    ];
    const comparison = queued("given", redis.address, ...rates, ...long);
    await first.printed(": begun");
    await comparison.printed('"state":"running"');
    first.child.kill("SIGINT");
    const { exitCode, out } = await first.ended;
    expect(exitCode, out).toBe(0);
    expect(out).toContain('"given_back":1');
    const second = worker("beta", redis.address);
    const stoppedAt = performance.now();
    await second.printed(": begun");
    expect((performance.now() - stoppedAt) / SECONDS).toBeLessThan(10);
    expect((await comparison.ended).exitCode).toBe(0);
  });

  it("takes its runs back when it is stopped", async () => {
    const one = worker("alpha", redis.address);
    const long = [
      "--methods",
      "stl",
      "--seeds",
      "8-9",
      "--max-steps",
      "20000",
      "--eval-steps",
      "500",
    ];
    const comparison = queued("stopped", redis.address, ...rates, ...long);
    await comparison.printed('"done":');
    await one.printed(": begun");
    comparison.child.kill("SIGINT");
    expect((await comparison.ended).exitCode).toBe(130);
    await one.printed("stopped, as the comparison was");
    expect(one.output()).toContain("stopped, as the comparison was");
  });

  it("refuses a wrong password, and a server that drops keys", async () => {
    const wrong = { L3MASKING_QUEUE_PASSWORD: "another one" };
    const denied = await worker("alpha", redis.address, wrong).ended;
    expect(denied.exitCode).toBe(6);
    expect(denied.out).toContain("queue-unreachable");
    expect(denied.out).toContain("the one that is set was not taken");
    const none = await worker("alpha", redis.address, {}).ended;
    expect(none.out).toContain("no password is set");
    const dropping = await startRedis({
      folder: at("dropping"),
      words: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
    });
    const refused = await worker("alpha", dropping.address, {}).ended;
    await dropping.kill();
    expect(refused.exitCode).toBe(2);
    expect(refused.out).toContain("queue-policy");
    const nobody = await worker("alpha", dropping.address, {}).ended;
    expect([nobody.exitCode, nobody.out.includes("ECONNREFUSED")]).toEqual([6, true]);
  });

  it("refuses a worker where every comparison has another version, and names it", async () => {
    const client = new Redis({ port: redis.port, password: PASSWORD });
    const comparison = { role: "comparison", name: "delta (process 4)", version: "9.9.9" };
    const said = JSON.stringify({ ...comparison, protocol: 1 });
    const [seconds] = await client.time();
    await client.zadd("l3masking:present", String(Number(seconds) + 60), said);
    const { exitCode, out } = await worker("alpha", redis.address).ended;
    await client.del("l3masking:present");
    client.disconnect();
    expect(exitCode, out).toBe(2);
    expect(out).toContain("queue-version");
    expect(out).toContain(
      "expected l3masking 9.9.9 (protocol 1), as the comparison on delta (process 4)",
    );
  });

  it("goes through TLS, and refuses a certificate that nobody vouches for", async () => {
    const files = ["-keyout", at("key.pem"), "-out", at("certificate.pem")];
    const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...name];
    execFileSync("openssl", made, { stdio: "ignore" });
    const pair = ["--tls-cert-file", at("certificate.pem"), "--tls-key-file", at("key.pem")];
    const encrypted = await startRedis({
      folder: at("encrypted"),
      tls: true,
      words: [...pair, "--tls-auth-clients", "no"],
    });
    try {
      const idle = (environment: StartOptions["environment"]) =>
        run(["worker", "--queue", encrypted.address, "--threads", "1", "--max-idle", "1"], {
          cacheFolder: at("alpha"),
          environment,
        }).ended;
      const refused = await idle({});
      expect([refused.exitCode, refused.out.includes("L3MASKING_QUEUE_CA")]).toEqual([6, true]);
      const taken = await idle({ L3MASKING_QUEUE_CA: at("certificate.pem") });
      expect(taken.exitCode, taken.out).toBe(0);
      expect(taken.out).toContain('"finished":0');
    } finally {
      await encrypted.kill();
    }
  });
});
