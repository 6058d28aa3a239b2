/** The classifier at work: a text as it is typed, a file, and the model to take home. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { percent } from "../../../base/figures.js";
import { isLinear } from "../../../method/methods.js";
import type { Prediction } from "../../../results/records/predictions.js";
import type { ExplainedText } from "../../../results/records/token-masks.js";
import { attributionLegend, textByAttribution } from "../../../results/report/pages/token-text.js";
import { Drawn, download, Failure } from "./parts.js";
import type { ShownRun } from "./project-files.js";
import type { Studio } from "./state.js";

export function Use({ studio, run }: { readonly studio: Studio; readonly run: ShownRun }) {
  const model = studio.at(`runs/${run.name}/model`);
  return (
    <section aria-labelledby="use-title">
      <h2 id="use-title">Use</h2>
      <Typed studio={studio} model={model} labels={run.trained.dataset.labels} />
      <FileToClassify studio={studio} model={model} />
      <TakeHome studio={studio} run={run} model={model} />
    </section>
  );
}

/** Milliseconds without a key before a text is classified, and before its words are weighed. */
const [PAUSE, LONGER_PAUSE] = [150, 700];

function Typed({
  studio,
  model,
  labels,
}: {
  readonly studio: Studio;
  readonly model: string;
  readonly labels: readonly string[];
}) {
  const { workplace } = studio;
  const text = useSignal("");
  const answer = useSignal<Prediction | undefined>(undefined);
  const explained = useSignal<ExplainedText | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const opened = useRef<Promise<unknown>>(undefined);
  useEffect(() => {
    opened.current = undefined;
  }, [model]);
  useEffect(() => {
    const asked = text.value;
    if (asked.trim() === "") {
      [answer.value, explained.value] = [undefined, undefined];
      return;
    }
    const isCurrent = () => text.value === asked;
    const told = (thrown: unknown) => {
      if (isCurrent()) [error.value, answer.value] = [thrown, undefined];
    };
    const soon = setTimeout(async () => {
      opened.current ??= workplace.call("openClassifier", { model });
      try {
        await opened.current;
        if (!isCurrent()) return;
        const [found] = await workplace.call("classify", { texts: [asked] });
        if (isCurrent()) [answer.value, error.value] = [found, undefined];
      } catch (thrown) {
        told(thrown);
      }
    }, PAUSE);
    const later = setTimeout(async () => {
      const found = await workplace.call("explain", { model, texts: [asked] }).catch(told);
      if (isCurrent()) explained.value = found?.texts.at(0);
    }, LONGER_PAUSE);
    return () => {
      clearTimeout(soon);
      clearTimeout(later);
    };
  }, [text.value, model]);
  const found = answer.value;
  return (
    <>
      <label for="typed">Type or paste a text</label>
      <textarea
        id="typed"
        rows={3}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          explained.value = undefined;
        }}
      />
      <Failure error={error.value} />
      <div aria-live="polite">
        {found === undefined ? null : (
          <p>
            <strong>
              <bdi>{found.label}</bdi>
            </strong>
            , {percent(found.probabilities[found.label])}
          </p>
        )}
      </div>
      {found === undefined ? null : (
        <table class="probabilities">
          <caption class="note">Probability of each label</caption>
          <tbody>
            {labels
              .toSorted((a, b) => (found.probabilities[b] ?? 0) - (found.probabilities[a] ?? 0))
              .slice(0, SHOWN_LABELS)
              .map((label) => (
                <tr key={label}>
                  <th scope="row">
                    <bdi>{label}</bdi>
                  </th>
                  <td>
                    <meter
                      min={0}
                      max={1}
                      value={found.probabilities[label]}
                      aria-label={`Probability of ${label}`}
                    />
                  </td>
                  <td>{percent(found.probabilities[label])}</td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
      {explained.value === undefined ? null : (
        <>
          <Drawn markup={textByAttribution(explained.value)} />
          <Drawn markup={attributionLegend()} />
        </>
      )}
    </>
  );
}

const SHOWN_LABELS = 10;

function FileToClassify({ studio, model }: { readonly studio: Studio; readonly model: string }) {
  const { workplace, busy, failures } = studio;
  const classify = (file: File) =>
    studio.attempt("classify", "Classifying", async () => {
      const input = `classified/${file.name}`;
      const output = "classified/labels.csv";
      await workplace.write(input, file);
      await workplace.call("predict", { model, input, output });
      download(new Blob([await workplace.read(output)], { type: "text/csv" }), "labels.csv");
      await workplace.remove("classified");
    });
  return (
    <>
      <h3>Classify a file</h3>
      <p>Its rows come back as labels.csv, with a label and all probabilities.</p>
      <label class="button">
        Choose a file
        <input
          type="file"
          disabled={busy.value !== undefined}
          onChange={(event) => {
            const file = event.currentTarget.files?.item(0);
            event.currentTarget.value = "";
            if (file !== null && file !== undefined) void classify(file);
          }}
        />
      </label>
      <Failure error={failures.value.classify} />
    </>
  );
}

function TakeHome({
  studio,
  run,
  model,
}: {
  readonly studio: Studio;
  readonly run: ShownRun;
  readonly model: string;
}) {
  const { workplace, busy, failures, project } = studio;
  const exports = isEncoder(run);
  const take = () =>
    studio.attempt("zip", "Packing the model", async () => {
      if (exports) await workplace.call("export", { model });
      download(await workplace.zip(model), `${project.value?.name ?? "model"}-${run.name}.zip`);
    });
  return (
    <>
      <h3>Take the model home</h3>
      <p>
        {exports
          ? "A folder for transformers, transformers.js and l3masking predict, with ONNX files and a model card."
          : "A folder for l3masking predict. This run kept a classifier without a fine-tuned encoder, which other programs do not read; --method stl under “More” trains one that they do."}
      </p>
      <button type="button" disabled={busy.value !== undefined} onClick={() => void take()}>
        Take it as a zip file
      </button>{" "}
      <span class="note" role="status">
        {busy.value === undefined ? "" : `${busy.value} …`}
      </span>
      <Failure error={failures.value.zip} />
    </>
  );
}

/** Is the run's classifier an encoder, which other programs can run? */
function isEncoder({ metrics: { method } }: ShownRun): boolean {
  return !isLinear(method) && method !== "stack";
}
