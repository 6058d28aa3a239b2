/** How long a user waits: for the help, and for the first training step. */
import { join } from "node:path";
import { type Benchmark, takeTurns } from "../benchmark.js";
import { commandLine, runNode } from "../command.js";
import { atMost, ownFigure, timeLimit, timesOf } from "../figures.js";
import { median } from "../statistics.js";

const BARE = "node alone";
const HELP = "l3masking --help";
const FIRST_STEP = "first training step, rtm";
const FIRST_STEP_SCORED = "first training step, l3, texts scored before";

export const startBenchmark: Benchmark = {
  name: "start",
  title: "start: `l3masking --help`; first training step at minilm size",
  usesPeer: false,
  async run(context) {
    const { root, folder, quick } = context;
    const cache = join(folder, "start-cache");
    let runs = 0;
    const firstStep = async (method: string): Promise<number> => {
      runs += 1;
      const words = commandLine(
        root,
        ...["train", join(root, "examples/sample-task"), "--model", join(root, "models/minilm")],
        ...["--method", method, "--batch-size", "16", "--max-steps", "1", "--json"],
        ...["--threads", String(context.threads), "--output-dir", join(folder, `start-${runs}`)],
      );
      const isStep = (line: string) => line.startsWith('{"type":"step"');
      const { seconds, secondsToLine } = await runNode(words, {
        environment: { L3MASKING_CACHE: cache },
        isLine: isStep,
      });
      return secondsToLine ?? seconds;
    };
    const wholeRun = (words: readonly string[]) => async () => (await runNode(words)).seconds;
    const contenders = [
      { name: BARE, run: wholeRun(["--eval", "0"]) },
      { name: HELP, run: wholeRun(commandLine(root, "--help")) },
      { name: FIRST_STEP, run: () => firstStep("rtm") },
    ];
    // The first run scores the sample task, which takes a while; a check of everything does without.
    if (!quick) contenders.push({ name: FIRST_STEP_SCORED, run: () => firstStep("l3") });
    const times = await takeTurns(context, contenders, { warmups: 1, turns: quick ? 2 : 10 });
    const bare = median(timesOf(times, BARE));
    const figures = contenders.slice(1).map(({ name }) => {
      const own = timesOf(times, name);
      const reach = atMost(name === HELP ? 0.3 : 2);
      return ownFigure(name, own, "s", reach, timeLimit(BARE, bare, median(own)));
    });
    const notes = [
      "from the start of the process to its end, or to the event of the first step; files are in the page cache",
    ];
    return { figures, notes, series: [], versions: {} };
  },
};
