/** `compare --shard i/n`: one machine's part of the runs. */
import { L3MaskingError } from "../../base/errors.js";
import { counted } from "../../base/figures.js";
import { shellWord } from "../../base/shell-words.js";
import type { PlacedCompareSettings } from "../../run/folder/named-folder.js";
import type { Host } from "../../run/host/host.js";
import type { CompareResult, PlannedComparison } from "./compare.js";
import { findPlan, requireSamePlan, writePlan } from "./comparison-plan.js";
import { dealt, withCosts } from "./run-cost.js";
import { trainRuns } from "./train-runs.js";

/** The parts of "2/8": index 1, from 0, of 8. Throws `invalid-setting`. */
export function parseShard(shard: string): { readonly index: number; readonly count: number } {
  const [, number, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(shard) ?? []).map(Number);
  if (number === undefined || number < 1 || number > count) {
    throw new L3MaskingError("invalid-setting", `expected a part such as 2/8, got ${shard}`, {
      hint: "Write --shard i/n, with i from 1 to n: this part, and how many parts there are.",
    });
  }
  return { index: number - 1, count };
}

/**
 * Trains part i of n of the runs, the most expensive first. All n commands plan the same comparison and deal its runs in the same way. The folder
 * may be shared by all, or each part has its own. What was planned is left for the report, which is not written here.
 *
 * Throws `runs-disagree` in the folder of another comparison, and `interrupted` after a stop on request.
 */
export async function trainShard(
  shard: string,
  settings: PlacedCompareSettings,
  planComparison: () => Promise<PlannedComparison>,
  host: Host,
): Promise<Pick<CompareResult, "finished" | "failed" | "missing" | "notes">> {
  const { index, count } = parseShard(shard);
  const { outputDir, executor } = settings;
  if (executor !== "threads") {
    const text = `expected --shard or --executor ${executor}, got both`;
    throw new L3MaskingError("invalid-setting", text, {
      hint: "Leave one out: an executor deals the runs itself.",
    });
  }
  const planned = await planComparison();
  const earlier = findPlan(outputDir);
  if (earlier === undefined) writePlan(outputDir, planned.plan);
  else requireSamePlan([outputDir, earlier], ["this command", planned.plan]);
  const mine = dealt(withCosts(planned), count, index).map(({ run }) => run);
  const text = `part ${index + 1} of ${count}: ${mine.length} of ${counted(planned.runs.length, "run")}`;
  host.emit({ type: "notice", level: "info", text });
  const { outcomes } = await trainRuns(mine, { ...settings, jobs: planned.jobs }, host);
  const number = (...states: string[]) =>
    outcomes.filter(({ state }) => states.includes(state)).length;
  const finished = number("finished", "reused");
  const missing = number("interrupted", "waiting");
  if (missing > 0) {
    throw new L3MaskingError(
      "interrupted",
      `part ${index + 1} of ${count} was stopped after ${finished} of ${mine.length} runs`,
      { hint: "Run the same command again: finished runs are kept, the others resume." },
    );
  }
  const failed = number("failed");
  const tried = failed === 0 ? "" : ", but for failed runs, which the same command tries again";
  const part = `part ${index + 1} of ${count} is done${tried}`;
  const all = count === 1 ? "Next" : `When all ${count} are`;
  return {
    ...{ finished, failed, missing },
    notes: [`${part}. ${all}: l3masking compare --merge ${shellWord(outputDir)}`],
  };
}
