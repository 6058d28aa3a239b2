/** `pretrain`: masked-language-model training on plain text, in reading order. */
import { join } from "node:path";
import { holdingFolder } from "../platform/files/folder-lock.js";
import type { PretrainMetrics } from "../results/records/pretrain-metrics.js";
import { type Trackers, withTrackers } from "../results/trackers/trackers.js";
import { requireIntactRun } from "../run/folder/best-weights.js";
import { openJournal } from "../run/folder/journal.js";
import { createRunFolder, startedRun, writeJson } from "../run/folder/run-folder.js";
import { requireSameRun, runDigest } from "../run/folder/run-identity.js";
import { cutJournal, openSavedStates } from "../run/folder/saved-state.js";
import { beginTracking } from "../run/folder/tracking.js";
import { lastState } from "../run/folder/training-state.js";
import type { Host } from "../run/host/host.js";
import { compilePretraining, pretrainingStore, runPretraining } from "../run/pretrain/loop.js";
import { readTexts, setValuesFromText, startingPoint } from "../run/pretrain/starting-point.js";
import { measureValidation, validationScalars } from "../run/pretrain/validation.js";
import type { PretrainSettings } from "../run/settings/schemas.js";

/** Where `pretrain` wrote the model, and what it measured. */
export interface PretrainResult extends PretrainMetrics {
  readonly outputDir: string;
}

/**
 * Trains a masked language model and writes DIR: config.json, journal.jsonl, state/ (to go on from with
 * --resume) and model/ (Hugging Face layout). Batches and masks depend on seed and step alone, so a resumed
 * run continues as the uninterrupted one would.
 *
 * Throws the errors of each part; `interrupted` after a stop on request, `training-diverged`, with state/ and
 * model/ as they were last saved, and `output-in-use` while another command works in DIR.
 */
export function runPretrain(settings: PretrainSettings, host: Host): Promise<PretrainResult> {
  return holdingFolder(settings.outputDir, "pretrain", host, () =>
    withTrackers(settings, host, (trackers) => pretrain(settings, host, trackers)),
  );
}

async function pretrain(
  settings: PretrainSettings,
  host: Host,
  trackers: Trackers,
): Promise<PretrainResult> {
  const { outputDir, resume } = settings;
  const started = startedRun(outputDir, resume);
  const states = openSavedStates(join(outputDir, "state"));
  if (started !== undefined) {
    requireSameRun(outputDir, started, { settings }, "pretrain");
    // Before the texts are read.
    requireIntactRun(outputDir, host);
  }

  // Load.
  const point = await startingPoint(settings, host);
  const { spec, tokenizer, values, origin } = point;
  const texts = await readTexts(settings, tokenizer, host);

  // Build.
  const runtime = await host.runtime(settings);
  const store = pretrainingStore(spec, values, settings.seed);
  const saved = resume ? await lastState(states, store, host) : undefined;
  if (settings.model === undefined && saved === undefined) {
    await setValuesFromText(store, point, texts.stream, settings, runtime, host);
  }
  const journalPath = join(outputDir, "journal.jsonl");
  if (resume) cutJournal(journalPath, saved?.step ?? 0);
  else {
    const model = { ...spec, family: spec.family.name };
    createRunFolder(outputDir, { settings, model, model_origin: origin });
  }
  beginTracking(trackers, settings, runDigest({ settings }, "pretrain"));
  const pretraining = await compilePretraining(spec, store, settings, runtime);
  const journal = openJournal(journalPath);
  try {
    // Loop.
    const masking = { ...settings, selection: "bernoulli", spec, tokenizer } as const;
    const place = { modelFolder: join(outputDir, "model"), journal, states, saved };
    const done = await runPretraining(pretraining, texts, masking, place, settings, trackers, host);

    // Evaluate and record.
    const validation =
      texts.validation === undefined
        ? null
        : await measureValidation("all", pretraining.scorer, texts.validation, masking);
    const metrics: PretrainMetrics = { ...done, validation };
    writeJson(outputDir, "metrics.json", metrics);
    if (validation !== null) trackers.measure(done.steps, validationScalars(validation));
    return { outputDir, ...metrics };
  } finally {
    journal.close();
    await pretraining.dispose();
  }
}
