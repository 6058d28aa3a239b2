import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { binaries, loadOnnxRuntime } from "./onnxruntime.js";

const notFound = new Error("Cannot find module '../bin/napi-v6/x/onnxruntime_binding.node'");
const notLinked = new Error("Error loading shared library ld-linux-x86-64.so.2");

function loading(platform: string, architecture: string, glibc: boolean, cause: unknown) {
  const load = () => Promise.reject(cause);
  return failure(
    loadOnnxRuntime({ machine: { platform, architecture }, glibc: () => glibc, load }),
  );
}

describe("loadOnnxRuntime", () => {
  it("loads the package", async () => {
    expect((await loadOnnxRuntime()).env.versions.node).toMatch(/^1\.\d+\.\d+$/);
  });

  it.each([
    ["an Intel Mac", "darwin", "x64", false, notFound, "darwin x64"],
    ["Alpine", "linux", "x64", false, notLinked, "linux x64 with musl"],
    ["another processor", "linux", "riscv64", true, notFound, "linux riscv64"],
    ["another system", "freebsd", "x64", false, notFound, "freebsd x64"],
  ])("says what runs instead of %s", async (_, platform, architecture, glibc, cause, got) => {
    const error = await loading(platform, architecture, glibc, cause);
    expect(error).toMatchObject({ code: "runtime-unsupported", cause });
    expect(error.message).toContain(got);
    expect(error.hint).toBe(
      "Use macOS (arm64), Linux with glibc (arm64, x64) or Windows (arm64, x64), or a container with one of these, such as node:22-slim.",
    );
  });

  it.each([
    ["linux", "x64", true],
    ["darwin", "arm64", false],
  ])("asks to install it where there is a binary: %s %s", async (platform, architecture, glibc) => {
    const error = await loading(platform, architecture, glibc, notFound);
    expect(error).toMatchObject({ code: "runtime-missing", cause: notFound });
    expect(error.message).toContain("Cannot find module");
    expect(error.hint).toContain("npm install onnxruntime-node");
  });

  it("knows the binaries that the package has", () => {
    const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
    const folder = join(dirname(entry), "..", "bin", "napi-v6");
    const found = readdirSync(folder).map((platform) => [
      platform,
      readdirSync(join(folder, platform)).sort(),
    ]);
    expect(binaries).toEqual(Object.fromEntries(found));
  });
});
