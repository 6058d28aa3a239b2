/** All rows of a project, of which only those in view are in the page. Keys 1 to 9 label the chosen row. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { count, counted } from "../../../base/figures.js";
import { type Row, withLabel, withoutRows, withRows, withText } from "./rows.js";
import type { Studio } from "./state.js";

/** Pixels of a row: CSS gives it the same. */
const ROW = 64;
/** Rows beyond the edges that are drawn too. */
const BEYOND = 6;

export function RowsTable({ studio }: { readonly studio: Studio }) {
  const { rows, labels } = studio;
  const filter = useSignal("");
  const onlyUnlabelled = useSignal(false);
  const top = useSignal(0);
  const height = useSignal(420);
  /** Of the rows that the filter leaves. */
  const chosen = useSignal(0);
  const frame = useRef<HTMLDivElement>(null);
  const left = useComputed(() => {
    const part = filter.value.trim().toLowerCase();
    return rows.value.filter(
      ({ text, label }) =>
        (!onlyUnlabelled.value || label === undefined) &&
        (part === "" || `${text} ${label ?? ""}`.toLowerCase().includes(part)),
    );
  });
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [height]);

  /** What a key did, for those who cannot see it. */
  const told = useSignal("");
  const first = Math.max(0, Math.floor(top.value / ROW) - BEYOND);
  const last = Math.min(left.value.length, Math.ceil((top.value + height.value) / ROW) + BEYOND);
  const choose = (index: number) => {
    chosen.value = Math.min(Math.max(0, index), left.value.length - 1);
    const element = frame.current;
    if (element === null) return;
    const place = chosen.value * ROW;
    if (place < element.scrollTop) element.scrollTop = place;
    else if (place + ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = place + ROW - element.clientHeight;
    }
  };
  const keyDown = (event: KeyboardEvent) => {
    // Letters and numbers that are written into a field belong to it.
    if (event.target !== frame.current) return;
    const row = left.value.at(chosen.value);
    const label = /^[1-9]$/.test(event.key) ? labels.value.at(Number(event.key) - 1) : undefined;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 6,
      PageUp: -6,
      Home: -left.value.length,
      End: left.value.length,
    };
    if (row !== undefined && label !== undefined) {
      studio.edit((all) => withLabel(all, new Set([row.id]), label));
      choose(chosen.value + 1);
    } else if (row !== undefined && event.key === "Delete") {
      studio.edit((all) => withoutRows(all, new Set([row.id])));
    } else if (Object.hasOwn(moves, event.key)) choose(chosen.value + moves[event.key]);
    else return;
    event.preventDefault();
    const now = left.value.at(chosen.value);
    told.value =
      now === undefined
        ? ""
        : `Row ${chosen.value + 1} of ${left.value.length}, ${now.label ?? "no label"}: ${now.text}`;
  };

  return (
    <>
      <form class="filter" onSubmit={(event) => event.preventDefault()}>
        <label for="rows-filter">Contains</label>
        <input
          id="rows-filter"
          type="search"
          autocomplete="off"
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value;
          }}
        />
        <label>
          <input
            type="checkbox"
            checked={onlyUnlabelled.value}
            onChange={(event) => {
              onlyUnlabelled.value = event.currentTarget.checked;
            }}
          />{" "}
          without a label
        </label>
        <output aria-live="polite">
          {left.value.length === rows.value.length
            ? counted(rows.value.length, "row")
            : `${count(left.value.length)} of ${counted(rows.value.length, "row")}`}
        </output>
      </form>
      <p class="note" id="rows-keys">
        In the list: arrows choose a row, Delete leaves it out, keys label it:{" "}
        {labels.value.slice(0, 9).map((label, index) => (
          <span key={label} class="key">
            <kbd>{index + 1}</kbd> <bdi>{label}</bdi>{" "}
          </span>
        ))}
      </p>
      <section
        ref={frame}
        class="rows"
        aria-labelledby="rows-title"
        aria-describedby="rows-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls and takes keys, which move through its rows.
        tabIndex={0}
        onKeyDown={keyDown}
        onScroll={(event) => {
          top.value = event.currentTarget.scrollTop;
        }}
      >
        <ol class="rows-all" style={{ height: `${left.value.length * ROW}px` }}>
          {left.value.slice(first, last).map((row, index) => (
            <RowLine
              key={row.id}
              studio={studio}
              row={row}
              index={first + index}
              isChosen={first + index === chosen.value}
              choose={choose}
            />
          ))}
        </ol>
      </section>
      <p class="unseen" aria-live="polite">
        {told.value}
      </p>
    </>
  );
}

function RowLine({
  studio,
  row,
  index,
  isChosen,
  choose,
}: {
  readonly studio: Studio;
  readonly row: Row;
  readonly index: number;
  readonly isChosen: boolean;
  readonly choose: (index: number) => void;
}) {
  const { id, split, text, label } = row;
  return (
    <li
      class={isChosen ? "row chosen" : "row"}
      aria-current={isChosen}
      style={{ top: `${index * ROW}px` }}
      onMouseDown={() => choose(index)}
    >
      <span class="row-number">
        {index + 1}
        {split === "train" ? null : <small>{split}</small>}
      </span>
      <textarea
        aria-label={`Text of row ${index + 1}`}
        dir="auto"
        rows={2}
        value={text}
        onFocus={() => choose(index)}
        onChange={(event) => {
          const changed = event.currentTarget.value;
          studio.edit((rows) => withText(rows, id, changed));
        }}
      />
      <LabelSelect
        title={`Label of row ${index + 1}`}
        labels={studio.labels.value}
        label={label}
        onChange={(changed) => studio.edit((rows) => withLabel(rows, new Set([id]), changed))}
      />
      <button
        type="button"
        class="quiet"
        aria-label={`Leave out row ${index + 1}`}
        onClick={() => studio.edit((rows) => withoutRows(rows, new Set([id])))}
      >
        ×
      </button>
    </li>
  );
}

/** The choice of a label for a row. */
export function LabelSelect({
  title,
  labels,
  label,
  onChange,
}: {
  readonly title: string;
  readonly labels: readonly string[];
  readonly label: string | undefined;
  readonly onChange: (label: string) => void;
}) {
  return (
    <select
      aria-label={title}
      value={label ?? ""}
      onChange={(event) => {
        if (event.currentTarget.value !== "") onChange(event.currentTarget.value);
      }}
    >
      {label === undefined ? <option value="">no label</option> : null}
      {labels.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

/** A further row, with a label that may be new. */
export function AddRow({ studio }: { readonly studio: Studio }) {
  return (
    <details>
      <summary>Add a row</summary>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const given = new FormData(form);
          const [text, label] = [String(given.get("text")), String(given.get("label")).trim()];
          studio.edit((rows) =>
            withRows(rows, [{ split: "train", text, ...(label !== "" && { label }) }]),
          );
          form.reset();
        }}
      >
        <label class="wide">
          Text <textarea name="text" rows={2} required />
        </label>
        <label>
          Label <input name="label" list="known-labels" autocomplete="off" />
        </label>
        <datalist id="known-labels">
          {studio.labels.value.map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
        <button type="submit">Add</button>
      </form>
    </details>
  );
}
