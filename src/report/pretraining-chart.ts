/** Pretraining as a picture: masked-token loss against tokens seen, in a file of its own for a model card. */
import { standaloneChart } from "./charts/chart.js";
import { lineChart, shortCount } from "./charts/line-chart.js";
import { coarse, type Sample } from "./seed-curve.js";

/** A point of a loss curve. */
export interface LossPoint {
  /** Tokens that went through the encoder so far. */
  readonly tokens: number;
  /** Mean -log P of the masked tokens, in nats. */
  readonly loss: number;
}

export interface PretrainingCurves {
  readonly title: string;
  /** Losses of training steps; evened out here. */
  readonly training: readonly LossPoint[];
  /** Losses on the validation text; may be empty. */
  readonly validation: readonly LossPoint[];
}

/** An SVG file on a light ground. At least one of the curves must have a point. */
export function pretrainingChart({ title, training, validation }: PretrainingCurves): string {
  const sample = ({ tokens, loss }: LossPoint): Sample => ({ x: tokens, y: loss });
  const series = [
    { name: "training text", style: 0, points: coarse(training.map(sample)) },
    { name: "validation text", style: 2, points: validation.map(sample) },
  ].filter(({ points }) => points.length > 0);
  const ends = series.map(({ name, points }) => {
    const { x, y } = points[points.length - 1];
    return `${name}: ${y.toFixed(3)} nats after ${shortCount(x)} tokens`;
  });
  return standaloneChart(
    lineChart(series, {
      title,
      description: `Masked-token loss against tokens seen. ${ends.join("; ")}.`,
      xTitle: "tokens seen",
      yTitle: "loss of masked tokens (nats)",
      yFormat: (value, decimals) => value.toFixed(decimals),
    }),
  );
}
