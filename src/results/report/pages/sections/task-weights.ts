/** Learned task weights, and the cosines that move them. */
import { hasAuxiliaryTask } from "../../../../method/methods.js";
import type { ComparedRun, TrainingPoint } from "../../../records/comparison.js";
import type { TaskValues } from "../../../records/measures.js";
import type { Group } from "../groups.js";
import { type Markup, markup } from "../markup.js";
import { figures } from "../page.js";
import { anyTrainingPoint, asNumber, curveFigure, trainingSamples } from "./curves.js";

/** Weights and cosines over steps; a sentence where the weights are fixed; nothing where there is one task. */
export function taskWeightsSection(group: Group): Markup | undefined {
  const twoTasks = group.candidates.filter(({ method }) => hasAuxiliaryTask(method));
  if (twoTasks.length === 0) return undefined;
  const learned = twoTasks.filter((one) =>
    anyTrainingPoint([one], ({ cosines }) => cosines !== null),
  );
  if (learned.length === 0) {
    return markup`<p>The two tasks had fixed weights in these runs, 1/2 each for ${twoTasks.map(({ name }) => name).join(" and ")}, so none were learned.</p>`;
  }
  const narrowed = { id: group.id, candidates: learned };
  return markup`
<p>With learned weights (META-TARTAN) the share of each task in the loss follows how well its gradient agrees with the
gradient of the dev loss. A cosine above 0 means that learning this task also lowers the dev loss; the more so, the more
weight the task gets. The two weights sum to 1.</p>
${figures([
  curveFigure(narrowed, {
    samples: values((point) => point.task_weights, "auxiliary"),
    id: "auxiliary-weight",
    title: "Weight of the auxiliary task",
    caption: "The weight of the main task is 1 minus this.",
    yTitle: "task weight (share of the loss)",
    yFormat: asNumber,
    yIncludes: [0.4, 0.6],
  }),
  ...(["main", "auxiliary"] as const).map((task) =>
    curveFigure(narrowed, {
      samples: values((point) => point.cosines, task),
      id: `${task}-cosine`,
      title: `Cosine of ${task} task and dev gradient`,
      caption: "From −1 (against each other) to 1 (same direction).",
      yTitle: "cosine",
      yFormat: asNumber,
      yIncludes: [0],
    }),
  ),
])}`;
}

function values(of: (point: TrainingPoint) => TaskValues | null, task: keyof TaskValues) {
  return (run: ComparedRun) => trainingSamples(run, (point) => of(point)?.[task] ?? null);
}
