/** What trackers show of a run: events of its journal as named numbers. */
import type { EvaluationEvent, JournalEvent, StepEvent } from "../../method/train/events.js";

/** A named number. What stands before the slash is the chart's group, as Hugging Face's Trainer names them. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/** What a run tells of one step: either of the step itself, or of an evaluation after it. */
export interface Point {
  /** Optimizer steps done. */
  readonly step: number;
  readonly scalars: readonly Scalar[];
}

/** An event of the journal that has numbers to show. */
export type ShownEvent = StepEvent | EvaluationEvent;

export function isShown(event: JournalEvent): event is ShownEvent {
  return event.type === "step" || event.type === "evaluation";
}

/**
 * The numbers of an event under the tags of docs/trackers.md. What does not exist (the loss of a task that does not run,
 * cosines of weights that are not learned) or is not finite is left out, as the journal has null there.
 *
 *     train/loss       sum over the tasks of weight * loss, nats
 *     train/grad_norm  sqrt(sum over the clip groups of norm^2), before clipping
 *     eval/perplexity  e^loss, of masked tokens alone
 *
 * `seconds` is the time that a step took, where it is known.
 */
export function eventScalars(event: ShownEvent, seconds?: number): Scalar[] {
  const values = event.type === "step" ? stepValues(event, seconds) : evaluationValues(event);
  return Object.entries(values).flatMap(([tag, value]) =>
    value === null || value === undefined || !Number.isFinite(value) ? [] : [{ tag, value }],
  );
}

type Values = Readonly<Record<string, number | null | undefined>>;

function stepValues(event: StepEvent, seconds: number | undefined): Values {
  const { task_weights: weights, cosines } = event;
  const losses = [
    [weights.main, event.main_loss],
    [weights.auxiliary, event.auxiliary_loss],
  ] as const;
  const loss = losses.reduce((sum, [weight, ofTask]) => sum + weight * (ofTask ?? 0), 0);
  const groups = Object.entries(event.gradient_norms);
  const perGroup = groups.map(([name, norm]) => [`train/grad_norm_${name}`, norm] as const);
  return {
    "train/loss": loss,
    "train/main_loss": event.main_loss,
    "train/auxiliary_loss": event.auxiliary_loss,
    "train/main_weight": weights.main,
    "train/auxiliary_weight": weights.auxiliary,
    "train/main_cosine": cosines?.main,
    "train/auxiliary_cosine": cosines?.auxiliary,
    "train/learning_rate": event.learning_rate,
    "train/grad_norm": Math.hypot(...groups.map(([, norm]) => norm)),
    ...Object.fromEntries(groups.length > 1 ? perGroup : []),
    "train/epoch": event.epoch,
    "train/tokens": event.tokens,
    "train/masked_tokens": event.masked_tokens,
    "train/tokens_per_second": seconds === undefined ? undefined : event.tokens / seconds,
  };
}

function evaluationValues({ split, loss, measures }: EvaluationEvent): Values {
  return {
    "eval/loss": loss,
    ...Object.fromEntries(Object.entries(measures).map(([name, value]) => [`eval/${name}`, value])),
    "eval/perplexity": split === "validation-text" ? Math.exp(loss) : undefined,
  };
}
