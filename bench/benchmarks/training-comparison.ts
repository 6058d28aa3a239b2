/** A training step of ours beside the peer's, on the same batches. */

import { type BenchContext, takeTurns, withSides } from "../benchmark.js";
import { hasBfloat16, WITHOUT_BFLOAT16 } from "../bfloat16.js";
import {
  ownFigure,
  type Reach,
  ratioFigure,
  timeLimit,
  timesOf,
  WITHOUT_PEER,
} from "../figures.js";
import type { Turns } from "../interleave.js";
import type { Figure, Outcome } from "../results.js";
import type { Side } from "../sides/conversation.js";
import { sum } from "../statistics.js";
import { realTokens } from "../work/training-batches.js";
import type { TrainingWork } from "../work/work-file.js";

export interface TrainingPlan {
  /** What is trained on what, for the table. */
  readonly work: string;
  readonly training: TrainingWork;
  readonly turns: Turns;
  /** What the ratio to the peer should be. */
  readonly reach: { readonly float32: Reach; readonly bfloat16: Reach };
  readonly notes: readonly string[];
}

const OURS = "l3masking";
const LIMIT = "bare products alone";
const HEADS = ["all", "selected"] as const;

/** The peer with its masked-token head over all positions, as it comes, and over the selected ones alone. */
function variants(precision: "float32" | "bfloat16", { tasks }: TrainingWork) {
  if (tasks === "classification") {
    return [{ precision, name: `transformers ${precision}`, words: `${precision} all` }];
  }
  return HEADS.map((head) => ({
    precision,
    name: `transformers ${precision}, head over ${head}`,
    words: `${precision} ${head}`,
  }));
}

/**
 * Each variant of the peer has a step of ours just before it: as many variants as the peer has would otherwise leave our
 * process idle for most of the time, and its memory to whatever the machine does with memory that lies idle.
 */
export async function compareTraining(context: BenchContext, plan: TrainingPlan): Promise<Outcome> {
  const { training } = plan;
  return withSides(context, training, "training", async ({ ours, peer }) => {
    const stepOf = (turn: number) => (turn + plan.turns.warmups) % training.steps.length;
    const contender = (name: string, side: Side, variant?: string) => ({
      name,
      run: async (turn: number) => {
        const request = { do: "step", step: stepOf(turn), ...(variant && { variant }) };
        return (await side.ask(request)).seconds;
      },
    });
    const withBfloat16 = hasBfloat16();
    const others = [
      ...variants("float32", training),
      ...(withBfloat16 ? variants("bfloat16", training) : []),
    ];
    const before = (name: string) => `${OURS} before ${name}`;
    const times = await takeTurns(
      context,
      peer === undefined
        ? [contender(OURS, ours)]
        : others.flatMap(({ name, words }) => [
            contender(before(name), ours),
            contender(name, peer, words),
          ]),
      plan.turns,
    );
    const own = peer === undefined ? timesOf(times, OURS) : timesOf(times, before(others[0].name));
    const first = stepOf(0);
    const products = await ours.ask({ do: "products", step: first });
    const limit = timeLimit(LIMIT, products.seconds, own[0]);
    const onePass = training.tasks === "classification";
    const tokens = sum(
      own.map((_, turn) => realTokens(training.steps[stepOf(turn)], onePass ? "main" : "both")),
    );
    const rate = `${(products.values.rate / 1e9).toFixed(0)} GFLOP/s`;
    const notes = [
      ...plan.notes,
      `ours ${(tokens / sum(own)).toFixed(0)} real tokens a second${onePass ? "" : " (both passes)"}; bare products run at ${rate}`,
    ];
    if (peer === undefined) {
      const figures = [ownFigure(plan.work, own, "s", null, limit)];
      return { figures, notes: [...notes, WITHOUT_PEER], series: [], versions: {} };
    }
    const figures = others.map(({ name, precision }): Figure => {
      const peerTimes = { name, times: timesOf(times, name) };
      const ownTimes = timesOf(times, before(name));
      return ratioFigure(plan.work, ownTimes, peerTimes, plan.reach[precision], limit);
    });
    if (!withBfloat16) notes.push(WITHOUT_BFLOAT16);
    if (!onePass) {
      notes.push(
        "transformers by itself has its head over all positions; over the selected ones alone it is faster, and that is our addition to it",
      );
    }
    return { figures, notes, series: [], versions: { ...peer.versions } };
  });
}
