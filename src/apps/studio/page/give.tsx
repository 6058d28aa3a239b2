/** The begin: a file, pasted rows, the sample, or what was begun before. */
import { useSignal } from "@preact/signals";
import sample from "../../../../examples/messages.csv?url";
import { DropFiles, Failure } from "./parts.js";
import type { Studio } from "./state.js";

export function Give({ studio }: { readonly studio: Studio }) {
  const pasted = useSignal("");
  const { busy, failures, projects } = studio;
  const isBusy = busy.value !== undefined;
  return (
    <section aria-labelledby="give-title">
      <h2 id="give-title">Your texts</h2>
      <p>
        A table with a column of texts and a column of labels: CSV, TSV, JSON Lines, JSON or
        Parquet. Name three files train, dev and test, and they are taken as such.
      </p>
      <DropFiles
        title="Drop files here, or"
        button="Choose files"
        several
        isBusy={isBusy}
        onFiles={(files) => void studio.takeFiles(files)}
      >
        <button
          type="button"
          disabled={isBusy}
          onClick={async () => {
            const content = await (await fetch(sample)).blob();
            await studio.takeFiles([new File([content], "messages.csv")]);
          }}
        >
          Take the sample
        </button>
      </DropFiles>
      <details>
        <summary>Paste rows</summary>
        <label for="pasted">
          Lines of CSV, or cells of a spreadsheet. The first line names the columns, such as{" "}
          <code>text,label</code>.
        </label>
        <textarea
          id="pasted"
          rows={6}
          value={pasted.value}
          onInput={(event) => {
            pasted.value = event.currentTarget.value;
          }}
        />
        <button
          type="button"
          disabled={isBusy || pasted.value.trim() === ""}
          onClick={() => void studio.takeText(pasted.value)}
        >
          Take these rows
        </button>
      </details>
      {isBusy ? <p role="status">{busy.value} …</p> : null}
      <Failure error={failures.value.give} />
      {projects.value.length === 0 ? null : (
        <>
          <h3>Go on with</h3>
          <ul class="plain">
            {projects.value.map((name) => (
              <li key={name}>
                <button
                  type="button"
                  disabled={isBusy}
                  onClick={() => void studio.openProject(name)}
                >
                  {name}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
