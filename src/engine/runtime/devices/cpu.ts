/** The processors of this machine, by ONNX Runtime's native build for Node. */

import { processorCount } from "../../../platform/machine.js";
import { loadOnnxRuntime } from "../../../platform/onnxruntime.js";
import { join } from "../../../platform/paths.js";
import { copyOf, createTensors, runtimeError, wrapSession } from "../ort.js";
import type { Device } from "../runtime.js";

export const cpu: Device = {
  async open({ threads = processorCount(), profileFolder } = {}) {
    const { InferenceSession, Tensor, env } = await loadOnnxRuntime();
    const settings = {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      // Batches change shape every step: a memory pattern per shape would multiply activation arenas.
      enableMemPattern: false,
      extra: {
        // It would keep the float32 form of every dropout mask from the forward to the backward pass.
        optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" },
        // Waiting threads sleep: as fast on an idle machine, up to twice as fast on a busy one.
        session: { intra_op: { allow_spinning: "0" } },
      },
      // Fatal only: other failures are thrown, and so reported once.
      logSeverityLevel: 4,
    } as const;
    const tensors = createTensors(Tensor, async (tensor) => copyOf(tensor));
    return {
      name: `onnxruntime-node ${env.versions.node ?? env.versions.common}`,
      target: "cpu",
      threads,
      memory: "host",
      hold: async (value) => tensors.hold(tensors.of(value)),
      async load(name, bytes, held) {
        const profiling = profileFolder !== undefined && {
          enableProfiling: true,
          profileFilePrefix: join(profileFolder, name),
        };
        try {
          const session = await InferenceSession.create(bytes, { ...settings, ...profiling });
          return wrapSession(name, session, tensors, {
            ...(held && { held }),
            profiled: profileFolder !== undefined,
          });
        } catch (cause) {
          throw runtimeError(name, cause);
        }
      },
    };
  },
};
