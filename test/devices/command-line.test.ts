/** What a user meets: `--device` on the built command line, and its errors. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { presentDevices } from "../fixtures/devices.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { savedClassifier } from "../fixtures/host.js";
import { soundFiles } from "../fixtures/sounds.js";

const at = temporaryFolder();
const main = fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const model = savedClassifier("bert");
const present = new Set((await presentDevices()).map(([name]) => name));

/** Exit code and standard error of Node, with the variables given. */
function node(words: readonly string[], variables: Record<string, string> = {}) {
  const env = { ...process.env, L3MASKING_CACHE: at("cache"), NO_COLOR: "1", ...variables };
  return new Promise<{ readonly code: unknown; readonly said: string }>((resolve) => {
    execFile(process.execPath, words, { env }, (error, _, said) =>
      resolve({ code: error === null ? 0 : error.code, said }),
    );
  });
}

function predict(words: readonly string[], variables?: Record<string, string>) {
  const given = ["--model", model, "--input", soundFiles.testFile, ...words];
  return node([main, "predict", ...given], variables);
}

describe("--device webgpu", () => {
  it.runIf(present.has("webgpu"))("answers, and the process ends well", async () => {
    const output = at("labels.jsonl");
    const { code, said } = await predict(["--device", "webgpu", "--output", output]);
    expect(code, said).toBe(0);
    expect(readFileSync(output, "utf8").trimEnd().split("\n").length).toBe(12);
  });

  it.runIf(existsSync("/etc/debian_version"))(
    "says that there is no GPU, and what to install",
    async () => {
      const nothing = { VK_ADD_DRIVER_FILES: "", VK_ICD_FILENAMES: "/no/driver" };
      const { code, said } = await predict(["--device", "webgpu"], nothing);
      expect(code).toBe(2);
      expect(said).toContain("error [device-missing]: expected a GPU for webgpu, found none: ");
      expect(said).toContain("apt-get install libvulkan1");
    },
  );

  it("refuses int8, which runs on the processor only", async () => {
    const { code, said } = await predict(["--device", "webgpu", "--precision", "int8"]);
    expect(code).toBe(2);
    expect(said).toContain("expected --device cpu with --precision int8");
  });

  // In a process of its own, as this one has the GPU.
  it.runIf(present.has("webgpu"))("serves one classifier of a process at a time", async () => {
    const entry = new URL("../../dist/node.js", import.meta.url);
    const { code, said } = await node([
      "--input-type=module",
      "--eval",
      `import { Classifier } from ${JSON.stringify(entry.href)};
       const load = () => Classifier.load(${JSON.stringify(model)}, { device: "webgpu" });
       const first = await load();
       const refused = await load().catch(({ code }) => code);
       await first.dispose();
       const second = await load();
       await second.dispose();
       console.error(refused);`,
    ]);
    expect(code, said).toBe(0);
    expect(said).toContain("device-in-use");
  });
});

describe("--device cuda", () => {
  it.skipIf(present.has("cuda"))(
    "names the files that are missing, and where they come from",
    async () => {
      const { code, said } = await predict(["--device", "cuda"]);
      expect(code).toBe(2);
      expect(said).toMatch(
        /error \[device-missing\]: expected (libonnxruntime_providers|linux x64)/,
      );
    },
  );
});
