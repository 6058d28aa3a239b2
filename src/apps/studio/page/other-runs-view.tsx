/** The list of another folder's runs, and the page of one of them; both follow what happens there. */
import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { percent } from "../../../base/figures.js";
import type { JournalEvent } from "../../../method/train/events.js";
import { viewOfRun } from "../../../results/report/pages/run.js";
import { titleOf } from "../../../run/fine-tune/choice.js";
import { FileToClassify, Typed } from "./classifier.js";
import { folderOf, type OtherRun, type OtherRunEntry, otherRuns } from "./other-runs.js";
import { Drawn, Failure, Folded } from "./parts.js";
import type { Studio } from "./state.js";
import { Curves } from "./train.js";
import { classifierIn } from "./use.js";

/** Milliseconds between two looks. */
const PAUSE = 3000;

export function OtherRuns({ studio }: { readonly studio: Studio }) {
  const { workplace, facts, failures } = studio;
  const folder = facts.value?.otherRuns;
  const found = useSignal<readonly OtherRunEntry[] | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    if (folder === undefined) return;
    return repeatedly(async () => {
      try {
        [found.value, error.value] = [await otherRuns(workplace), undefined];
      } catch (thrown) {
        error.value = thrown;
      }
    });
  }, [folder, workplace]);
  if (folder === undefined) return null;
  return (
    <section aria-labelledby="other-title">
      <h2 id="other-title">
        Runs in <bdi>{folder}</bdi>
      </h2>
      <Failure error={error.value ?? failures.value.other} />
      {found.value?.length === 0 ? <p>None yet.</p> : null}
      <ul class="plain">
        {found.value?.map(({ name, metrics }) => (
          <li key={name} class="line">
            <button type="button" onClick={() => void studio.showOther(name)}>
              {name}
            </button>
            <span>{metrics === undefined ? "not finished" : summary(metrics)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function summary({ method, test, dev }: NonNullable<OtherRunEntry["metrics"]>): string {
  const [measured, on] = test === null ? [dev, "dev or held-out texts"] : [test, "test"];
  return `${titleOf(method)}, accuracy ${percent(measured.accuracy)} on ${on}`;
}

export function OtherRunView({ studio, run }: { readonly studio: Studio; readonly run: OtherRun }) {
  const isFinished = "trained" in run;
  useEffect(() => {
    if (isFinished) return;
    return repeatedly(() => studio.followOther(run.name));
  }, [isFinished, run.name, studio]);
  return (
    <>
      <p>
        <button type="button" onClick={studio.close}>
          All runs
        </button>
      </p>
      <Failure error={studio.failures.value.other} />
      {isFinished ? (
        <Finished studio={studio} run={run} />
      ) : (
        <section aria-labelledby="look-title">
          <h2 id="look-title">{run.name}</h2>
          <p role="status">
            {run.events.length === 0 ? "No step yet." : "Not finished: this page follows it."}
          </p>
          <Curves under={curvesOf(run.events)} />
        </section>
      )}
    </>
  );
}

function Finished({
  studio,
  run,
}: {
  readonly studio: Studio;
  readonly run: Extract<OtherRun, { readonly trained: unknown }>;
}) {
  const { verdict, title, parts } = viewOfRun(run.trained);
  const model = `${folderOf(run.name)}/model`;
  const classifier = useMemo(() => classifierIn(studio, model), [studio, model]);
  return (
    <>
      <section aria-labelledby="look-title">
        <h2 id="look-title">{title}</h2>
        <Drawn markup={verdict} />
        {parts.map(({ name, title: of, content }) => (
          <Folded key={name} title={of} open={name === "results"}>
            <Drawn markup={content} />
          </Folded>
        ))}
      </section>
      <section aria-labelledby="use-title">
        <h2 id="use-title">Use</h2>
        <Typed classifier={classifier} />
        <FileToClassify classifier={classifier} isBusy={studio.busy.value !== undefined} />
      </section>
    </>
  );
}

function curvesOf(events: readonly JournalEvent[]): Parameters<typeof Curves>[0]["under"] {
  return {
    steps: signal(events.filter((event) => event.type === "step")),
    evaluations: signal(events.filter((event) => event.type === "evaluation")),
    measured: signal(new Map()),
  };
}

/** At once, and a while after each end; gives what stops it. */
function repeatedly(work: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  const again = async () => {
    await work();
    if (!isStopped) timer = setTimeout(again, PAUSE);
  };
  void again();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
