/** A run as MLflow knows it: found again or created, in its experiment; and how it ended. */

import { z } from "zod";
import { messageOf } from "../../base/errors.js";
import { writeDurably } from "../../platform/files/durable.js";
import { readText } from "../../platform/files/files.js";
import type { MlflowServer } from "../../platform/mlflow-environment.js";
import { join } from "../../platform/paths.js";
import type { MlflowClient, MlflowFailure } from "./mlflow-client.js";
import type { RunEnd, TrackedRun } from "./tracker.js";

const statuses = { finished: "FINISHED", failed: "FAILED", stopped: "KILLED" } as const;

/** mlflow.json: which run of which server this one is. */
const noteSchema = z.object({
  tracking_uri: z.string(),
  experiment_id: z.string(),
  run_id: z.string(),
});
type Note = z.infer<typeof noteSchema>;

/** A run at the server, and what it has already. */
export interface ServerRun {
  readonly note: Note;
  /** The last step of each metric. */
  readonly steps: ReadonlyMap<string, number>;
  readonly params: ReadonlySet<string>;
  /** Why mlflow.json could not be written, if so. */
  readonly noteFault?: string;
}

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const createdExperimentSchema = z.object({ experiment_id: z.string() });
const createdRunSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const runSchema = z.object({
  run: z.object({
    data: z.object({
      // The API writes 64-bit numbers as strings or as numbers.
      metrics: z
        .array(z.object({ key: z.string(), step: z.coerce.number().default(0) }))
        .default([]),
      params: z.array(z.object({ key: z.string() })).default([]),
    }),
  }),
});

/** The run that an earlier command began, as long as the server has it; else a new one, which is noted. */
export async function openServerRun(
  client: MlflowClient,
  server: MlflowServer,
  run: TrackedRun,
  milliseconds: number,
): Promise<ServerRun | MlflowFailure> {
  const path = join(run.folder, "mlflow.json");
  const note = run.resumed ? readNote(path) : undefined;
  if (note !== undefined && note.tracking_uri === server.address) {
    const found = await client.get("runs/get", { run_id: note.run_id });
    if (found.ok) {
      const { data } = runSchema.safeParse(found.body);
      if (data === undefined) return unknownAnswer("runs/get");
      const going = await client.post("runs/update", { run_id: note.run_id, status: "RUNNING" });
      if (!going.ok) return going;
      const { metrics, params } = data.run.data;
      return {
        note,
        steps: new Map(metrics.map(({ key, step }) => [key, step])),
        params: new Set(params.map(({ key }) => key)),
      };
    }
    if (found.code !== "RESOURCE_DOES_NOT_EXIST") return found;
  }
  const experiment = await experimentId(client, server.experimentName);
  if (typeof experiment !== "string") return experiment;
  const created = await client.post("runs/create", {
    experiment_id: experiment,
    run_name: run.name,
    start_time: Math.round(milliseconds),
    tags: [
      { key: "mlflow.runName", value: run.name },
      { key: "mlflow.source.name", value: "l3masking" },
      { key: "l3masking.run", value: run.key },
    ],
  });
  if (!created.ok) return created;
  const { data } = createdRunSchema.safeParse(created.body);
  if (data === undefined) return unknownAnswer("runs/create");
  const noted: Note = {
    tracking_uri: server.address,
    experiment_id: experiment,
    run_id: data.run.info.run_id,
  };
  const opened = { note: noted, steps: new Map(), params: new Set<string>() };
  try {
    writeDurably(path, [`${JSON.stringify(noted, undefined, 2)}\n`]);
    return opened;
  } catch (error) {
    return { ...opened, noteFault: messageOf(error) };
  }
}

async function experimentId(client: MlflowClient, name: string): Promise<string | MlflowFailure> {
  const find = () => client.get("experiments/get-by-name", { experiment_name: name });
  let found = await find();
  if (!found.ok && found.code === "RESOURCE_DOES_NOT_EXIST") {
    const created = await client.post("experiments/create", { name });
    const id = created.ok ? createdExperimentSchema.safeParse(created.body).data : undefined;
    if (id !== undefined) return id.experiment_id;
    // Another run may have been faster.
    if (created.ok || created.code !== "RESOURCE_ALREADY_EXISTS") {
      return created.ok ? unknownAnswer("experiments/create") : created;
    }
    found = await find();
  }
  if (!found.ok) return found;
  const { data } = experimentSchema.safeParse(found.body);
  return data?.experiment.experiment_id ?? unknownAnswer("experiments/get-by-name");
}

/** Tells how a run ended. */
export function setStatus(
  client: MlflowClient,
  { run_id }: Note,
  end: RunEnd,
  milliseconds: number,
) {
  const end_time = Math.round(milliseconds);
  return client.post("runs/update", { run_id, status: statuses[end], end_time });
}

function unknownAnswer(path: string): MlflowFailure {
  return { ok: false, reason: `an answer to ${path} that is not MLflow's`, lasting: true };
}

/** Undefined where there is none, or one that is damaged: the run then begins anew at the server. */
function readNote(path: string): Note | undefined {
  try {
    return noteSchema.parse(JSON.parse(readText(path)));
  } catch {
    return undefined;
  }
}

/** The page of a run. */
export function runAddress({ address }: MlflowServer, { experiment_id, run_id }: Note): string {
  return `${address}/#/experiments/${experiment_id}/runs/${run_id}`;
}
