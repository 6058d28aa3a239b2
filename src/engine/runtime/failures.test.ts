import { describe, expect, it } from "vitest";
import { runtimeError } from "./failures.js";

describe("runtimeError", () => {
  it("proposes smaller batches where memory ran out", () => {
    const cause = new Error("Failed to allocate memory for requested buffer of size 99");
    const { hint, message } = runtimeError("training", cause);
    expect(hint).toContain("--batch-size");
    expect(message).toContain("graph training: Failed to allocate");
  });

  it("takes anything that is thrown", () => {
    expect(runtimeError("training", "text").message).toBe(
      "ONNX Runtime failed in graph training: text",
    );
  });

  // As ONNX Runtime 1.30 and Dawn word them; the loss of a device could not be brought about.
  it.each([
    [
      "device-missing",
      "webgpu_context.cc:136 ... was false. Failed to get a WebGPU adapter: No supported adapters\n",
      "expected a GPU for webgpu, found none: No supported adapters",
      "libvulkan1",
    ],
    [
      "device-missing",
      "Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file",
      "CUDA could not be loaded: Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file",
      "cuDNN 9",
    ],
    [
      "device-kernel",
      "This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.",
      "graph training has an operation that this device has no kernel for, and nothing runs on the processor instead",
      "--device cpu",
    ],
    [
      "device-memory",
      "WebGPU validation failed. Buffer size (2800000000) exceeds the max buffer size limit (1073741824).",
      "the device has too little memory for graph training: WebGPU validation failed. Buffer size (2800000000) exceeds the max buffer size limit (1073741824).",
      "--batch-size",
    ],
    [
      "device-memory",
      "WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.",
      "the device has too little memory for graph training: WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.",
      "--eval-tokens",
    ],
    [
      "device-lost",
      "Status Message: Failed to pop WebGPU error scope. status=2",
      "the device was lost in graph training: Status Message: Failed to pop WebGPU error scope. status=2",
      "--resume",
    ],
  ])("tells a failure of the device apart: %s", (code, text, message, hint) => {
    const error = runtimeError("training", new Error(text));
    expect(error).toMatchObject({ code, message });
    expect(error.hint).toContain(hint);
  });
});
