/** All benchmarks, in the order of the table. */
import type { Benchmark } from "./benchmark.js";
import { browserStepBenchmarks } from "./benchmarks/browser-step.js";
import { jobBenchmark } from "./benchmarks/job.js";
import { lengthsBenchmark, miniLengthsBenchmark } from "./benchmarks/length-distribution.js";
import { likelihoodBenchmarks } from "./benchmarks/likelihood.js";
import { minilmStepBenchmarks } from "./benchmarks/minilm-step.js";
import { predictionBenchmark } from "./benchmarks/prediction.js";
import { preparationBenchmark } from "./benchmarks/preparation.js";
import { productShareBenchmark } from "./benchmarks/product-share.js";
import { scalingBenchmark } from "./benchmarks/scaling.js";
import { scoringMemoryBenchmark } from "./benchmarks/scoring-memory.js";
import { startBenchmark } from "./benchmarks/start.js";
import { stepProfileBenchmark } from "./benchmarks/step-profile.js";
import { trainingMemoryBenchmark } from "./benchmarks/training-memory.js";
import { trainingStepBenchmark } from "./benchmarks/training-step.js";

export const benchmarks: readonly Benchmark[] = [
  trainingStepBenchmark,
  ...minilmStepBenchmarks,
  lengthsBenchmark,
  miniLengthsBenchmark,
  ...likelihoodBenchmarks,
  predictionBenchmark,
  productShareBenchmark,
  stepProfileBenchmark,
  ...browserStepBenchmarks,
  trainingMemoryBenchmark,
  scoringMemoryBenchmark,
  preparationBenchmark,
  startBenchmark,
  jobBenchmark,
  scalingBenchmark,
];
