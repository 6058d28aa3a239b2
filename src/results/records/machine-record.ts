/** The machine and the programs that made a result. */
import { z } from "zod";
import { count } from "./measures.js";

export const machineRecord = z.object({
  /** "linux", "darwin", "win32" */
  platform: z.string(),
  architecture: z.string(),
  /** Name of the processor as the system reports it. */
  processor: z.string(),
  processors: count,
  memory_bytes: z.number(),
  /** What the model was computed on: "cpu", "webgpu", "cuda"; absent where nothing was, and in older records. */
  device: z.string().exactOptional(),
  /** Names of programs and their versions: l3masking, node, and onnxruntime-node where it computed. */
  versions: z.record(z.string(), z.string()),
});

export type MachineRecord = z.infer<typeof machineRecord>;

/** A machine, and how many runs of a comparison it finished. */
export const trainingMachine = machineRecord.extend({ runs: count });

export type TrainingMachine = z.infer<typeof trainingMachine>;
