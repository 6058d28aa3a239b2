/** Failures of ONNX Runtime in our words: what they mean on a device, and what to do. */
import { type ErrorCode, L3MaskingError, messageOf } from "../../base/errors.js";

interface Failure {
  readonly code: ErrorCode;
  /** How the runtime words it. */
  readonly pattern: RegExp;
  /** `where`: the graph and, where the message names one, the node; `text`: the runtime's message. */
  message(where: string, text: string): string;
  readonly hint: string;
}

const LESS_MEMORY =
  "Lower --batch-size (raise --gradient-accumulation-steps to keep the same step), --eval-tokens or --max-length";

const failures: readonly Failure[] = [
  {
    code: "device-missing",
    pattern: /Failed to get a WebGPU (?:adapter|device)/,
    message: (_, text) =>
      `expected a GPU for webgpu, found none: ${/WebGPU (?:adapter|device): (.*)/.exec(text)?.[1] ?? text}`,
    hint: "Install the GPU's driver and, on Linux, the Vulkan loader (Debian: apt-get install libvulkan1), or use --device cpu.",
  },
  {
    code: "device-missing",
    pattern: /libonnxruntime_providers_\w+\.so|CUDA failure 35|no CUDA-capable device/,
    message: (_, text) => `CUDA could not be loaded: ${text}`,
    hint: "Install NVIDIA's driver, CUDA 12 and cuDNN 9 (docs/devices.md), or use --device cpu.",
  },
  {
    code: "device-kernel",
    pattern: /fallback to CPU EP has been explicitly disabled/,
    message: (where) =>
      `${where} has an operation that this device has no kernel for, and nothing runs on the processor instead`,
    hint: "Use --device cpu, and report this message with the command that caused it.",
  },
  {
    code: "device-lost",
    pattern:
      /device (?:is |was )?lost|Failed to pop WebGPU error scope|CUDA failure (?:46|719|999)/i,
    message: (where, text) => `the device was lost in ${where}: ${text}`,
    hint: "Repeat the command; for train and pretrain add --resume. If it is lost again, lower --batch-size or use --device cpu.",
  },
  {
    code: "device-memory",
    // A buffer that could not be made is reported when it is used.
    pattern:
      /exceeds the max buffer size limit|\[Invalid Buffer[^\]]*\] is invalid due to a previous error|Allocation size too large|narrowing_error|CUDA failure 2\b|BFCArena.*cuda/i,
    message: (where, text) => `the device has too little memory for ${where}: ${text}`,
    hint: `${LESS_MEMORY}, or use --device cpu.`,
  },
];

/** A failure inside the runtime, with the graph and, where the message names one, the node. */
export function runtimeError(graph: string, cause: unknown): L3MaskingError {
  const text = messageOf(cause).trim();
  const node = /Name:'([^']+)'/.exec(text)?.[1];
  const where = node === undefined ? `graph ${graph}` : `graph ${graph}, node ${node}`;
  const known = failures.find(({ pattern }) => pattern.test(text));
  if (known !== undefined) {
    return new L3MaskingError(known.code, known.message(where, text), { cause, hint: known.hint });
  }
  const memory = /alloc|memory/i.test(text);
  return new L3MaskingError("runtime-failed", `ONNX Runtime failed in ${where}: ${text}`, {
    cause,
    hint: memory
      ? "Lower --batch-size (raise --gradient-accumulation-steps to keep the same step) or --max-length."
      : "Run `l3masking doctor`; if it finds nothing, report this message with the command that caused it.",
  });
}
