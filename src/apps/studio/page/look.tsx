/** How good the classifier is, and the rows behind the figures: the parts of the run's page, with rows that can be corrected. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { capitalized, counted, percent } from "../../../base/figures.js";
import { textKey } from "../../../data/formats/record.js";
import { labelMeasures } from "../../../results/metrics/label-measures.js";
import type { WrongRow } from "../../../results/records/wrong-rows.js";
import { type AnsweredRow, viewOfRun } from "../../../results/report/pages/run.js";
import { wrongRowContent } from "../../../results/report/pages/sections/wrong-rows.js";
import { attributionLegend } from "../../../results/report/pages/token-text.js";
import { titleOf } from "../../../run/fine-tune/choice.js";
import { Drawn, Failure, Folded } from "./parts.js";
import type { RunSummary, ShownRun } from "./project-files.js";
import { type Row, withLabel, withoutRows } from "./rows.js";
import { LabelSelect } from "./rows-table.js";
import type { Studio } from "./state.js";

export function Look({ studio }: { readonly studio: Studio }) {
  const { shown, runs, failures } = studio;
  const run = shown.value;
  return (
    <section aria-labelledby="look-title">
      <h2 id="look-title">Look</h2>
      <Runs studio={studio} runs={runs.value} shown={run?.name} />
      <Failure error={failures.value.look} />
      {run === undefined ? null : <ShownRunView key={run.name} studio={studio} run={run} />}
    </section>
  );
}

/** What a run was measured on. */
function measuredOn({ metrics }: RunSummary): string {
  if (metrics.test !== null) return "test";
  return (metrics.held_out?.folds ?? 0) > 0 ? "held-out texts" : "dev";
}

/** Every run beside the one before: what corrections and further rows changed. */
function Runs({
  studio,
  runs,
  shown,
}: {
  readonly studio: Studio;
  readonly runs: readonly RunSummary[];
  readonly shown: string | undefined;
}) {
  const values = ({ metrics }: RunSummary) => metrics.test ?? metrics.dev;
  const baseline = ({ metrics }: RunSummary) => metrics.baseline?.test ?? metrics.baseline?.dev;
  return (
    <>
      <section
        class="scroll"
        aria-label="Runs"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that keys must reach it.
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              {labelMeasures.map(({ name, title }) => (
                <th scope="col" key={name}>
                  {capitalized(title)}
                </th>
              ))}
              <th scope="col">TF-IDF</th>
              <th scope="col">Against the run before</th>
              <th scope="col">Kept</th>
              <th scope="col">Texts</th>
              <th scope="col">Measured on</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run, index) => {
              const before = runs.at(index - 1);
              const change =
                index === 0 || before === undefined || measuredOn(before) !== measuredOn(run)
                  ? "–"
                  : pointsText(values(run).accuracy - values(before).accuracy);
              return (
                <tr key={run.name}>
                  <th scope="row">
                    <button
                      type="button"
                      aria-pressed={run.name === shown}
                      onClick={() => void studio.show(run.name)}
                    >
                      {run.name}
                    </button>
                  </th>
                  {labelMeasures.map(({ name }) => (
                    <td key={name}>{percent(values(run)[name])}</td>
                  ))}
                  <td>{percent(baseline(run)?.accuracy ?? Number.NaN)}</td>
                  <td>{change}</td>
                  <td>{titleOf(run.metrics.method)}</td>
                  <td>{run.rows}</td>
                  <td>{measuredOn(run)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {runs.length < 2 ? null : (
        <p class="note">
          Differences are in points of accuracy. Corrected rows change what is measured as well as
          what is learned; the verdict of a run says how far chance may reach.
        </p>
      )}
    </>
  );
}

function pointsText(difference: number): string {
  const points = (100 * difference).toFixed(1);
  return difference > 0 ? `+${points}` : points.replace("-", "−");
}

function ShownRunView({ studio, run }: { readonly studio: Studio; readonly run: ShownRun }) {
  const { title, verdict, parts } = viewOfRun(run.trained);
  const cell = useSignal<Cell | undefined>(undefined);
  const part = (wanted: string) => parts.find(({ name }) => name === wanted);
  const [scores, labels, confusion] = [part("results"), part("labels"), part("confusion")];
  const rest = parts.filter(
    ({ name }) => !["results", "labels", "confusion", "errors"].includes(name),
  );
  const names = run.trained.dataset.labels;
  const choose = (event: MouseEvent) => {
    const found = event.target instanceof Element ? event.target.closest("g[data-row]") : null;
    if (!(found instanceof SVGElement)) return;
    const { row, column } = found.dataset;
    cell.value = { expected: names[Number(row)], predicted: names[Number(column)] };
    document.getElementById("answers-title")?.scrollIntoView({ block: "start" });
  };
  return (
    <>
      <h3>{title}</h3>
      <Drawn markup={verdict} />
      {scores === undefined ? null : <Drawn markup={scores.content} />}
      {labels === undefined ? null : (
        <>
          <h3>{labels.title}</h3>
          <Drawn markup={labels.content} />
        </>
      )}
      {confusion === undefined ? null : (
        <>
          <h3>{confusion.title}</h3>
          <p class="note">Choose a cell to see its rows below.</p>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: a further way; the choice of labels below does the same. */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above. */}
          <div class="matrix" onClick={choose}>
            <Drawn markup={confusion.content} />
          </div>
        </>
      )}
      <Answers studio={studio} run={run} cell={cell} />
      {rest.map(({ name, title: of, content }) => (
        <Folded key={name} title={of}>
          <Drawn markup={content} />
        </Folded>
      ))}
    </>
  );
}

/** Rows with a label that got a label. */
interface Cell {
  readonly expected: string;
  readonly predicted: string;
}

/** Rows that are listed; the rest is in the run's folder. */
const LISTED = 100;

/** The rows that the classifier was measured on: those it gets wrong, or those of a cell, the most confident first. */
function Answers({
  studio,
  run,
  cell,
}: {
  readonly studio: Studio;
  readonly run: ShownRun;
  readonly cell: { value: Cell | undefined };
}) {
  const listed = useSignal(LISTED);
  const { trained, files } = run;
  const wrong = new Map((trained.wrong ?? []).map((row) => [row.line, row]));
  const isDev = trained.answers.length === 0;
  const lines = trained.dataset.rows.test > 0 ? files.test : files.train;
  const answers: readonly AnsweredRow[] = isDev ? [...wrong.values()] : trained.answers;
  const chosen = cell.value;
  const isIn = ({ expected, predicted }: Cell) =>
    chosen === undefined
      ? expected !== predicted
      : expected === chosen.expected && predicted === chosen.predicted;
  const found = answers.filter(isIn).toSorted((a, b) => b.probability - a.probability);
  const pairs = pairsOf(answers);
  const chosenKey = chosen === undefined ? "" : JSON.stringify([chosen.expected, chosen.predicted]);
  useEffect(() => {
    listed.value = LISTED;
  }, [chosenKey]);
  const current = new Map(studio.rows.value.map((row) => [textKey(row.text), row]));
  return (
    <>
      <h3 id="answers-title">{chosen === undefined ? "Rows it gets wrong" : "Rows of the cell"}</h3>
      <form class="filter" onSubmit={(event) => event.preventDefault()}>
        <label for="answers-pair">Labels</label>
        <select
          id="answers-pair"
          value={chosenKey}
          onChange={(event) => {
            const [expected, predicted] = JSON.parse(event.currentTarget.value || "[]");
            cell.value = expected === undefined ? undefined : { expected, predicted };
          }}
        >
          <option value="">all that are wrong</option>
          {pairs.map(({ key, expected, predicted, rows }) => (
            <option key={key} value={key}>
              {expected} → {predicted} ({rows})
            </option>
          ))}
        </select>
        <output aria-live="polite">{counted(found.length, "row")}</output>
      </form>
      {found.some(({ line }) => wrong.get(line)?.words !== undefined) ? (
        <Drawn markup={attributionLegend()} />
      ) : null}
      <ol class="wrong-rows">
        {found.slice(0, listed.value).map((answer) => {
          const text = lines.at(answer.line - 1)?.text ?? wrong.get(answer.line)?.text ?? "";
          return (
            <AnswerRow
              key={answer.line}
              studio={studio}
              row={wrong.get(answer.line) ?? asRow(answer, text, studio.project.value?.name ?? "")}
              now={current.get(textKey(text))}
            />
          );
        })}
      </ol>
      {found.length <= listed.value ? null : (
        <button
          type="button"
          onClick={() => {
            listed.value += LISTED;
          }}
        >
          Show more
        </button>
      )}
    </>
  );
}

/** A row that was not explained. */
function asRow(answer: AnsweredRow, text: string, file: string): WrongRow {
  return { ...answer, text, file, seen_in_training: false };
}

function AnswerRow({
  studio,
  row,
  now,
}: {
  readonly studio: Studio;
  readonly row: WrongRow;
  /** The row as it is in the project now; undefined where it was removed or its text changed. */
  readonly now: Row | undefined;
}) {
  const file = row.file.slice(row.file.lastIndexOf("/") + 1);
  return (
    <li>
      <Drawn markup={wrongRowContent({ ...row, file })} />
      {now === undefined ? (
        <p class="note">This row was left out or changed since.</p>
      ) : (
        <p class="line">
          <LabelSelect
            title={`Label of “${row.text.slice(0, 40)}”`}
            labels={studio.labels.value}
            label={now.label}
            onChange={(label) => studio.edit((rows) => withLabel(rows, new Set([now.id]), label))}
          />
          {now.label === row.predicted ? null : (
            <button
              type="button"
              onClick={() =>
                studio.edit((rows) => withLabel(rows, new Set([now.id]), row.predicted))
              }
            >
              It is “{row.predicted}”
            </button>
          )}
          <button
            type="button"
            onClick={() => studio.edit((rows) => withoutRows(rows, new Set([now.id])))}
          >
            Leave out
          </button>
          <span class="note" role="status">
            {now.label === row.expected ? "" : "Corrected: train again to use it."}
          </span>
        </p>
      )}
    </li>
  );
}

/** Which label was given to which, the most frequent mistake first, then what was right. */
function pairsOf(answers: readonly AnsweredRow[]) {
  const pairs = new Map<string, Cell & { readonly rows: number }>();
  for (const { expected, predicted } of answers) {
    const key = JSON.stringify([expected, predicted]);
    pairs.set(key, { expected, predicted, rows: (pairs.get(key)?.rows ?? 0) + 1 });
  }
  const isRight = (cell: Cell) => Number(cell.expected === cell.predicted);
  return Array.from(pairs, ([key, pair]) => ({ key, ...pair })).sort(
    (a, b) => isRight(a) - isRight(b) || b.rows - a.rows,
  );
}
