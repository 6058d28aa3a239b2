/** `compare --shard i/n`: one machine's part of the runs. */
import { L3MaskingError } from "../../base/errors.js";
import { counted } from "../../base/figures.js";
import { shellWord } from "../../base/shell-words.js";
import type { PlacedCompareSettings } from "../../run/folder/named-folder.js";
import type { Host } from "../../run/host/host.js";
import type { CompareResult, PlannedComparison } from "./compare.js";
import { findPlan, type Plan, requireSamePlan, writePlan } from "./comparison-plan.js";
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
  const { plan } = planned;
  if (earlier !== undefined) requireSamePlan([outputDir, earlier], ["this command", plan]);
  if (earlier === undefined || goesOn(earlier, plan)) writePlan(outputDir, plan);
  // Once a sweep has chosen, its runs that chose are done with.
  const runs = planned.runs.filter(({ tuning }) => !plan.sweep?.tuned || tuning !== true);
  const mine = dealt(withCosts({ ...planned, runs }), count, index).map(({ run }) => run);
  const which =
    plan.sweep === undefined ? "" : plan.sweep.tuned ? " with what was chosen" : " that choose";
  const text = `part ${index + 1} of ${count}: ${mine.length} of ${counted(runs.length, "run")}${which}`;
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
  const next = plan.sweep?.tuned === false ? choosingNext : "";
  return {
    ...{ finished, failed, missing },
    notes: [`${part}. ${all}: ${next}l3masking compare --merge ${shellWord(outputDir)}`],
  };
}

const choosingNext =
  "the same commands train what these runs chose, in one folder, so join several first with --merge; and then ";

/** Has a plan the runs of an earlier one, and those with what it chose too? */
function goesOn(earlier: Plan, { sweep }: Plan): boolean {
  return earlier.sweep?.tuned === false && sweep?.tuned === true;
}
