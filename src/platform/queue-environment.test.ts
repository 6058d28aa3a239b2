import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { type QueueEnvironment, queueEnvironment, queueServer } from "./queue-environment.js";

const at = temporaryFolder();

const read = async (address: string, environment: QueueEnvironment) =>
  queueServer(address, environment);

describe("queueServer", () => {
  it.each([
    ["redis://localhost", { host: "localhost", port: 6379, database: 0 }],
    ["redis://10.0.0.3:7000/2", { host: "10.0.0.3", port: 7000, database: 2 }],
    ["redis://[::1]:6380/", { host: "::1", port: 6380, database: 0 }],
    ["rediss://queue.example", { host: "queue.example", port: 6379, database: 0, tls: {} }],
  ])("reads %s", (address, server) => {
    expect(queueServer(address, {})).toEqual({ address: address.replace(/\/$/, ""), ...server });
  });

  it("takes user, password and certificates from the environment", () => {
    writeFileSync(at("ca.pem"), "certificates");
    const environment = queueEnvironment({
      L3MASKING_QUEUE_USERNAME: "trainer",
      L3MASKING_QUEUE_PASSWORD: "secret",
      L3MASKING_QUEUE_CA: at("ca.pem"),
    });
    expect(queueServer("rediss://q", environment)).toMatchObject({
      address: "rediss://q",
      username: "trainer",
      password: "secret",
      tls: { authorities: "certificates" },
    });
    expect(queueEnvironment({ L3MASKING_QUEUE_PASSWORD: "" })).toEqual({});
  });

  it.each([
    ["redis://:hunter2@q", "without user and password"],
    ["redis://me@q", "without user and password"],
    ["http://q", "expected redis://HOST:PORT"],
    ["hunter2", "expected redis://HOST:PORT"],
    ["redis://q/0?password=hunter2", "nothing behind the address"],
    ["redis://q/name", "nothing behind the address"],
  ])("refuses %s without quoting it", async (address, says) => {
    const error = await failure(read(address, {}));
    expect(error).toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining(says),
    });
    expect(`${error.message} ${error.hint}`).not.toContain("hunter2");
  });

  it("names certificates that are not there", async () => {
    const error = await failure(read("rediss://q", { authorityFile: at("none.pem") }));
    expect(error).toMatchObject({
      code: "file-missing",
      message: expect.stringContaining("none.pem, which L3MASKING_QUEUE_CA names, got ENOENT"),
    });
  });
});
