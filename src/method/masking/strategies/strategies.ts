/** Every masking strategy; test/contract/masking.test.ts checks what all of them guarantee. */
import { contrast } from "./contrast.js";
import { entropy } from "./entropy.js";
import { excess } from "./excess.js";
import { inverted } from "./inverted.js";
import { l3 } from "./l3.js";
import { own } from "./own.js";
import { shuffled } from "./shuffled.js";
import type { MaskingStrategy } from "./strategy.js";
import { uniform } from "./uniform.js";

/** Every masking strategy, the baseline first. */
export const strategies = [
  uniform,
  l3,
  shuffled,
  inverted,
  entropy,
  excess,
  contrast,
] as const satisfies readonly MaskingStrategy[];

/** Name of a masking strategy. */
export type StrategyName = (typeof strategies)[number]["name"];

/** With the place of one from outside. */
export const namedStrategies: readonly MaskingStrategy[] = [...strategies, own];
