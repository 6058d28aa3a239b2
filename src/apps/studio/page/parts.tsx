/** Small parts that several sections are made of. */
import { useSignal } from "@preact/signals";
import { Component, type ComponentChildren } from "preact";
import { L3MaskingError } from "../../../base/errors.js";
import type { Markup } from "../../../results/report/pages/markup.js";

/** What the report's functions drew: markup in which every string from data is escaped. */
export class Drawn extends Component<{ readonly markup: Markup; readonly class?: string }> {
  /** Drawn anew only where it differs, so that what is unfolded in it stays so. */
  override shouldComponentUpdate(next: Readonly<{ markup: Markup }>): boolean {
    return next.markup.source !== this.props.markup.source;
  }

  override render() {
    const html = { __html: this.props.markup.source };
    return <div class={this.props.class ?? "drawn-part"} dangerouslySetInnerHTML={html} />;
  }
}

/** An error as the command line tells it: code, message, hint. */
export function Failure({ error }: { readonly error: unknown }) {
  if (error === undefined) return null;
  const known = error instanceof L3MaskingError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div class="verdict failure" role="alert">
      <p>
        <strong>{known === undefined ? "Error" : `Error [${known.code}]`}:</strong> {message}
      </p>
      {known?.hint === undefined ? null : <p>What to do: {known.hint}</p>}
    </div>
  );
}

/** A part that can be unfolded. */
export function Folded({
  title,
  open,
  children,
}: {
  readonly title: string;
  readonly open?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <details open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** Where files are dropped, with a button that does the same; at least one file comes. */
export function DropFiles({
  title,
  button,
  several = false,
  isBusy,
  onFiles,
  children,
}: {
  readonly title: string;
  readonly button: string;
  readonly several?: boolean;
  readonly isBusy: boolean;
  readonly onFiles: (files: readonly [File, ...File[]]) => void;
  readonly children?: ComponentChildren;
}) {
  const over = useSignal(false);
  const take = (list: FileList | null | undefined) => {
    const [first, ...more] = list ?? [];
    if (first !== undefined && !isBusy) onFiles([first, ...(several ? more : [])]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a further way; the button in it does the same.
    <div
      class={over.value ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <p>{title}</p>
      <label class="button primary">
        {button}
        <input
          type="file"
          multiple={several}
          disabled={isBusy}
          onChange={(event) => {
            take(event.currentTarget.files);
            // The same file can be chosen again.
            event.currentTarget.value = "";
          }}
        />
      </label>
      {children}
    </div>
  );
}

/** Gives a file to the person. */
export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
