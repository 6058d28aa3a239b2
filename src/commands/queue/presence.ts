/** Who is at a queue: workers and comparisons say so again and again, and are forgotten when they no longer do. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { PROTOCOL } from "./message.js";

export const roles = ["worker", "comparison"] as const;

export type Role = (typeof roles)[number];

/** Loose, as other versions say it too. */
const presentSchema = z.looseObject({
  role: z.enum(roles),
  /** Its machine and process: `alpha (process 12)`. */
  name: z.string(),
  version: z.string(),
  protocol: z.number(),
});

export type Present = Pick<z.infer<typeof presentSchema>, "role" | "name" | "version" | "protocol">;

/** Once in so many seconds each says that it is there. */
export const SAY_SECONDS = 5;
/** After so many without a word it is forgotten. */
export const FORGET_SECONDS = 20;

/** Those who are there, from what they said; what nobody can read is left out. */
export function presentOnes(said: readonly string[]): Present[] {
  return said.flatMap((text) => {
    try {
      const { role, name, version, protocol } = presentSchema.parse(JSON.parse(text));
      return [{ role, name, version, protocol }];
    } catch {
      return [];
    }
  });
}

/** Does it take or give the same runs? */
export function fits(one: Pick<Present, "version" | "protocol">, version: string): boolean {
  return one.version === version && one.protocol === PROTOCOL;
}

const titleOf = ({ version, protocol }: Pick<Present, "version" | "protocol">) =>
  `l3masking ${version} (protocol ${protocol})`;

/** What a comparison says of workers that cannot have its runs, one line each. */
export function unfitWorkers(present: readonly Present[], version: string): string[] {
  return present
    .filter((one) => one.role === "worker" && !fits(one, version))
    .map((one) => {
      const own = titleOf({ version, protocol: PROTOCOL });
      return `the worker on ${one.name} gets no runs: expected ${own} there, as here, found ${titleOf(one)}`;
    });
}

/**
 * Checks that a worker has something to do here. Throws `queue-version` where every comparison is of another version: it would wait
 * for ever.
 */
export function requireFittingComparison(present: readonly Present[], version: string): void {
  const comparisons = present.filter(({ role }) => role === "comparison");
  const [first] = comparisons;
  if (first === undefined || comparisons.some((one) => fits(one, version))) return;
  throw new L3MaskingError(
    "queue-version",
    `expected ${titleOf(first)}, as the comparison on ${first.name} has, to take its runs; this is ${titleOf({ version, protocol: PROTOCOL })}`,
    { hint: `Install the same version here: npm install l3masking@${first.version}` },
  );
}
