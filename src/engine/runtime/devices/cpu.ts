/** The processors of this machine, by ONNX Runtime's native build for Node. */
import type { Device } from "../runtime.js";
import { hostMemory, openNative } from "./native.js";

export const cpu: Device = {
  async open(options) {
    const native = await openNative(options, {
      executionProviders: ["cpu"],
      extra: {
        // It would keep the float32 form of every dropout mask from the forward to the backward pass.
        optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" },
        // Waiting threads sleep: as fast on an idle machine, up to twice as fast on a busy one.
        session: { intra_op: { allow_spinning: "0" } },
      },
    });
    return hostMemory(native, { device: "cpu", target: "cpu", lacks: [] });
  },
};
