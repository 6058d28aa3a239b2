/** MLflow: the numbers of a run at a tracking server, delivered while it trains. */
import { messageOf } from "../../base/errors.js";
import { mlflowServer } from "../../platform/mlflow-environment.js";
import { createMlflowClient, type MlflowFailure, requestPatience } from "./mlflow-client.js";
import { openServerRun, runAddress, type ServerRun, setStatus } from "./mlflow-run.js";
import { eventScalars, isShown, type Point } from "./scalars.js";
import {
  settingWords,
  type TrackedRun,
  type Tracker,
  type TrackerSurroundings,
} from "./tracker.js";

/** The server's limits for one request. */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
/** Servers before MLflow 2 take no longer values. */
const LONGEST_PARAM = 500;

/** Numbers that wait for a server that is away; further ones are dropped and counted. */
const MOST_PENDING = 100_000;
/** Between two deliveries, so that requests are few. */
const REST_MILLISECONDS = 2_000;
/** After a delivery that failed. */
const RETRY_MILLISECONDS = 30_000;
/** An end that waits for longer is told of. */
const QUIET_MILLISECONDS = 2_000;
/** What the end of a run waits at most, and what it waits after a stop. */
export const endMilliseconds = { usual: 30_000, stopped: 5_000 } as const;

/** A metric as the API takes it. */
interface Metric {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

interface Param {
  readonly key: string;
  readonly value: string;
}

/**
 * Begins to deliver a run to the server of the environment. The server is spoken to in the background; one that is away is
 * tried again, and what waits for it is bounded. A server that refuses is not asked again.
 *
 * A run that goes on keeps its run at the server (mlflow.json in its folder says which). The server knows up to which step it has
 * each metric: the steps up to there, which the journal may repeat, are not sent again, those after it are taken from the
 * journal.
 *
 * Throws `invalid-setting` for an environment without a server.
 */
export function openMlflow(
  run: TrackedRun,
  clock: () => number,
  surroundings: Pick<TrackerSurroundings, "emit" | "cancelled" | "now" | "mlflow">,
  patience = requestPatience,
): Tracker {
  const server = mlflowServer(surroundings.mlflow);
  const { emit, cancelled, now } = surroundings;
  /** When the end began. */
  let endingSince: number | undefined;
  const givenUp = () =>
    endingSince !== undefined &&
    now() - endingSince >= (cancelled() ? endMilliseconds.stopped : endMilliseconds.usual);
  const client = createMlflowClient(server, givenUp, patience);
  const title = `mlflow: ${server.address}`;

  const params = settingWords(run.settings).map(
    ([key, value]): Param => ({
      key,
      value: value.length > LONGEST_PARAM ? `${value.slice(0, LONGEST_PARAM - 3)}...` : value,
    }),
  );
  const pending = run.journal
    .filter(isShown)
    .flatMap((event) => metrics({ step: event.step, scalars: eventScalars(event) }, clock()));
  let place: ServerRun | undefined;
  let dropped = 0;
  let delivered = 0;
  /** Why the last delivery failed; undefined after one that did not. */
  let trouble: string | undefined;
  let refused = false;
  let warned = false;
  let nextDelivery = 0;
  let delivering: Promise<void> | undefined;

  const failed = ({ reason, lasting }: Pick<MlflowFailure, "reason" | "lasting">) => {
    trouble = reason;
    refused = lasting;
    nextDelivery = now() + RETRY_MILLISECONDS;
    if (warned) return;
    warned = true;
    const what = lasting ? "nothing more is sent" : "undelivered values are kept and retried";
    emit({
      type: "notice",
      level: "warning",
      text: `${title}: ${reason}; training continues, ${what}`,
    });
  };

  const deliverAll = async (): Promise<void> => {
    if (place === undefined) {
      const opened = await openServerRun(client, server, run, clock());
      if ("reason" in opened) return failed(opened);
      place = opened;
      emit({ type: "notice", level: "info", text: `mlflow: ${runAddress(server, opened.note)}` });
      if (opened.noteFault !== undefined) {
        const text = `mlflow: ${opened.noteFault}; if the run is resumed, it appears there as a new one`;
        emit({ type: "notice", level: "warning", text });
      }
      removeWhere(params, ({ key }) => opened.params.has(key));
    }
    const { note, steps } = place;
    removeWhere(pending, ({ key, step }) => step <= (steps.get(key) ?? -1));
    while (!givenUp() && params.length + pending.length > 0) {
      const batch =
        params.length > 0
          ? { params: params.slice(0, MOST_PARAMS) }
          : { metrics: pending.slice(0, MOST_METRICS) };
      const reply = await client.post("runs/log-batch", { run_id: note.run_id, ...batch });
      if (!reply.ok) return failed(reply);
      if (batch.params !== undefined) params.splice(0, batch.params.length);
      else {
        pending.splice(0, batch.metrics.length);
        delivered += batch.metrics.length;
      }
    }
    trouble = undefined;
    nextDelivery = now() + REST_MILLISECONDS;
  };
  const deliver = () => {
    delivering ??= deliverAll()
      .catch((error: unknown) => failed({ reason: messageOf(error), lasting: true }))
      .finally(() => {
        delivering = undefined;
      });
    return delivering;
  };
  void deliver();

  return {
    add(point) {
      const added = metrics(point, clock());
      const room = Math.max(0, MOST_PENDING - pending.length);
      const taken = refused ? [] : added.slice(0, room);
      pending.push(...taken);
      dropped += added.length - taken.length;
      if (!refused && now() >= nextDelivery) void deliver();
    },
    async finish(end) {
      endingSince = now();
      const notice = setTimeout(() => {
        const text = `${title}: delivering the last ${pending.length} values`;
        emit({ type: "notice", level: "info", text });
      }, QUIET_MILLISECONDS);
      await delivering;
      // Also what an earlier attempt could not deliver gets one more.
      if (!refused && params.length + pending.length > 0) await deliver();
      const status =
        place && !refused ? await setStatus(client, place.note, end, clock()) : undefined;
      clearTimeout(notice);
      const missing = dropped + pending.length;
      if (missing === 0 && (status === undefined || status.ok)) return;
      const reason = trouble ?? (status?.ok === false ? status.reason : "out of time");
      const text =
        missing > 0
          ? `${title}: ${missing} of ${missing + delivered} values were not delivered (${reason})`
          : `${title}: all values were delivered, but not the end of the run (${reason})`;
      emit({ type: "notice", level: "warning", text });
    },
  };
}

function metrics({ step, scalars }: Point, timestamp: number): Metric[] {
  return scalars.map(({ tag, value }) => ({
    key: tag,
    value,
    timestamp: Math.round(timestamp),
    step,
  }));
}

function removeWhere<Element>(list: Element[], isGone: (element: Element) => boolean): void {
  const left = list.filter((element) => !isGone(element));
  list.length = 0;
  for (const element of left) list.push(element);
}
