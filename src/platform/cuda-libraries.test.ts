import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { requireCudaLibraries } from "./cuda-libraries.js";

const linux = { platform: "linux", architecture: "x64" };

describe("requireCudaLibraries", () => {
  it("names the files that are absent, and where they should be", () => {
    const folder = mkdtempSync(join(tmpdir(), "cuda-"));
    const both = "libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so";
    const missing = (names: string) =>
      expect.objectContaining({
        code: "device-missing",
        message: `expected ${names} in ${folder}, found nothing: CUDA's part of onnxruntime-node is not installed`,
      });
    expect(() => requireCudaLibraries(linux, folder)).toThrow(missing(both));
    writeFileSync(join(folder, "libonnxruntime_providers_shared.so"), "");
    expect(() => requireCudaLibraries(linux, folder)).toThrow(
      missing("libonnxruntime_providers_cuda.so"),
    );
    writeFileSync(join(folder, "libonnxruntime_providers_cuda.so"), "");
    expect(() => requireCudaLibraries(linux, folder)).not.toThrow();
  });

  it("tells where there is no CUDA", () => {
    expect(() => requireCudaLibraries({ platform: "darwin", architecture: "arm64" }, "/")).toThrow(
      "expected linux x64, where onnxruntime-node has CUDA, got darwin arm64",
    );
  });

  it("looks for files that onnxruntime-node's install script fetches", () => {
    const require = createRequire(import.meta.url);
    const metadata = z
      .object({
        requirements: z.record(z.string(), z.array(z.string())),
        manifests: z.record(z.string(), z.record(z.string(), z.unknown())),
      })
      .parse(require("onnxruntime-node/script/install-metadata.js"));
    expect(metadata.requirements["linux/x64"]).toContain("cuda12");
    expect(Object.keys(metadata.manifests["linux/x64:cuda12"])).toEqual(
      expect.arrayContaining([
        "./libonnxruntime_providers_shared.so",
        "./libonnxruntime_providers_cuda.so",
      ]),
    );
  });
});
