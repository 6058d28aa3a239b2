/** What the check finds in the data, what can be mended at once, and all rows. */
import { counted } from "../../../base/figures.js";
import { viewOfCheck } from "../../../results/report/pages/check.js";
import { studioAdvice } from "./advice.js";
import { Drawn, Failure, Folded } from "./parts.js";
import { mergedLabels, repeatedRows, withLabel, withoutRows } from "./rows.js";
import { AddRow, RowsTable } from "./rows-table.js";
import type { ExaminedRows, Studio } from "./state.js";

export function Data({ studio }: { readonly studio: Studio }) {
  const { rows, labels, examined, failures, busy, project } = studio;
  const unlabelled = rows.value.filter(({ label }) => label === undefined).length;
  return (
    <section aria-labelledby="data-title">
      <h2 id="data-title">Data</h2>
      <p>
        {counted(rows.value.length, "row")} with {counted(labels.value.length, "label")}, from{" "}
        <bdi>{project.value?.source}</bdi>.
        {unlabelled === 0
          ? ""
          : ` ${counted(unlabelled, "row")} without a label: left out until labelled.`}
      </p>
      <Failure error={failures.value.check} />
      {examined.value === undefined ? null : <Findings studio={studio} found={examined.value} />}
      <Labels studio={studio} />
      <h3 id="rows-title">Rows</h3>
      <RowsTable studio={studio} />
      <AddRow studio={studio} />
      <p class="line">
        <button
          type="button"
          disabled={busy.value !== undefined}
          onClick={() => void studio.examine()}
        >
          Check again
        </button>
        <span class="note" role="status">
          {busy.value === undefined ? "" : `${busy.value} …`}
        </span>
      </p>
      <Failure error={failures.value.save} />
    </section>
  );
}

function Findings({ studio, found }: { readonly studio: Studio; readonly found: ExaminedRows }) {
  const { check, details, refusal, lines } = found;
  const name = studio.project.value?.name ?? "";
  const files = { train: `${name} train`, dev: undefined, test: undefined };
  const parts = viewOfCheck(
    { name, check, details, files, refusal: refusal?.message },
    studioAdvice,
  );
  const [warnings, ...others] = parts;
  const repeated = repeatedRows(studio.rows.value);
  const shown = found.toCorrect.slice(0, LISTED);
  return (
    <>
      <h3>What the check finds</h3>
      {refusal === undefined ? null : (
        <div class="verdict failure" role="alert">
          <p>
            <strong>Training would reject these data [{refusal.code}]:</strong> {refusal.message}
          </p>
          {refusal.hint === undefined ? null : <p>What to do: {refusal.hint}</p>}
        </div>
      )}
      <Drawn markup={warnings.content} />
      <p class="line">
        {check.spellings.map(({ labels: [kept, ...merged] }) => (
          <button
            type="button"
            key={kept.label}
            onClick={() => {
              const ofOne = new Set(merged.map(({ label }) => label));
              studio.edit((rows) => mergedLabels(rows, ofOne, kept.label));
              void studio.examine();
            }}
          >
            Merge {merged.map(({ label }) => `“${label}”`).join(", ")} into “{kept.label}”
          </button>
        ))}
        {repeated.size === 0 ? null : (
          <button
            type="button"
            onClick={() => {
              studio.edit((rows) => withoutRows(rows, repeatedRows(rows)));
              void studio.examine();
            }}
          >
            Drop {counted(repeated.size, "repeated row")}
          </button>
        )}
      </p>
      {shown.length === 0 ? null : (
        <Folded
          title={`${counted(found.toCorrect.length, "row")} to look at`}
          open={shown.length <= 5}
        >
          <ol class="plain">
            {shown.map(({ record, reasons, suggested, probability, others: also }) => {
              const row = lines.train.at(record.line - 1);
              const now = studio.rows.value.find(({ id }) => id === row?.id);
              const isDone =
                now === undefined || (suggested !== undefined && now.label === suggested);
              return (
                <li key={record.line} class={isDone ? "found done" : "found"}>
                  <p class="tokens" dir="auto">
                    {record.text}
                  </p>
                  <p class="note">
                    <bdi>{now?.label ?? record.label}</bdi>: {reasons.join("; ")}
                    {also.length === 0 ? "" : ` (see line ${also.join(", ")})`}
                    {now === undefined ? ". Left out." : isDone ? ". Done." : ""}
                  </p>
                  {now === undefined ? null : (
                    <p class="line">
                      {suggested === undefined || isDone ? null : (
                        <button
                          type="button"
                          onClick={() =>
                            studio.edit((rows) => withLabel(rows, new Set([now.id]), suggested))
                          }
                        >
                          Make it “{suggested}”
                          {probability === undefined ? "" : `, ${Math.round(100 * probability)} %`}
                        </button>
                      )}
                      <button
                        type="button"
                        onClick={() => studio.edit((rows) => withoutRows(rows, new Set([now.id])))}
                      >
                        Leave out
                      </button>
                    </p>
                  )}
                </li>
              );
            })}
          </ol>
        </Folded>
      )}
      {others
        .filter(({ name: part }) => part !== "doubtful")
        .map(({ name: part, title, content }) => (
          <Folded key={part} title={title}>
            <Drawn markup={content} />
          </Folded>
        ))}
    </>
  );
}

/** Rows to look at that are listed; the first are the weightiest. */
const LISTED = 100;

/** One label into another, whether the check thinks of it or not. */
function Labels({ studio }: { readonly studio: Studio }) {
  const { labels } = studio;
  if (labels.value.length < 2) return null;
  return (
    <Folded title="Merge two labels">
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const [from, into] = [String(given.get("from")), String(given.get("into"))];
          studio.edit((rows) => mergedLabels(rows, new Set([from]), into));
          void studio.examine();
        }}
      >
        <LabelChoice name="from" title="All rows of" labels={labels.value} />
        <LabelChoice name="into" title="become" labels={labels.value.toReversed()} />
        <button type="submit">Merge</button>
      </form>
    </Folded>
  );
}

function LabelChoice({
  name,
  title,
  labels,
}: {
  readonly name: string;
  readonly title: string;
  readonly labels: readonly string[];
}) {
  return (
    <label>
      {title}{" "}
      <select name={name}>
        {labels.map((label) => (
          <option key={label}>{label}</option>
        ))}
      </select>
    </label>
  );
}
