/** The processors of this machine, in a browser: ONNX Runtime as WebAssembly. */

import { loadOnnxRuntimeWeb } from "../../../../platform/browser/onnxruntime-web.js";
import { isIsolated, sharedThreads } from "../../../../platform/browser/page.js";
import { runtimeError } from "../../failures.js";
import { copyOf, createTensors, wrapSession } from "../../ort.js";
import type { Device } from "../../runtime.js";
import { inPage, pageSession } from "./session.js";

/** Of the first runtime that was opened in this page or worker: the build starts its threads once. */
let started: number | undefined;

export const wasm: Device = {
  async open({ threads = sharedThreads(), profileFolder } = {}) {
    const { InferenceSession, Tensor, env } = await loadOnnxRuntimeWeb("wasm");
    started ??= isIsolated() ? threads : 1;
    env.wasm.numThreads = started;
    const profiled = profileFolder !== undefined;
    const settings = {
      executionProviders: ["wasm"],
      executionMode: "sequential",
      // As on the processors of Node (cpu.ts).
      enableMemPattern: false,
      extra: {
        optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" },
      },
      logSeverityLevel: 4,
      // There is no folder: the build writes its times to the console.
      enableProfiling: profiled,
    } as const;
    const tensors = createTensors(Tensor, async (tensor) => copyOf(tensor));
    return {
      name: `onnxruntime-web ${env.versions.web ?? env.versions.common}`,
      device: "wasm",
      target: "cpu",
      lacks: [],
      threads: started,
      memory: "host",
      hold: async (value) => tensors.hold(tensors.of(value)),
      async load(name, bytes, held) {
        try {
          const session = await InferenceSession.create(bytes, settings);
          // What it writes stays in its own memory, and comes out as a copy.
          const options = { ...(held && { held }), writesInPlace: false, profiled };
          return pageSession(wrapSession(name, session, tensors, options));
        } catch (cause) {
          throw inPage(runtimeError(name, cause));
        }
      },
    };
  },
};
