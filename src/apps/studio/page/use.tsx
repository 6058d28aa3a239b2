/** The classifier of a run at work, and to take home. */
import { useMemo } from "preact/hooks";
import { isLinear } from "../../../method/methods.js";
import { FileToClassify, Typed, type UsedClassifier } from "./classifier.js";
import { download, Failure } from "./parts.js";
import type { ShownRun } from "./project-files.js";
import type { Studio } from "./state.js";

export function Use({ studio, run }: { readonly studio: Studio; readonly run: ShownRun }) {
  const model = studio.at(`runs/${run.name}/model`);
  const classifier = useMemo(() => classifierIn(studio, model), [studio, model]);
  return (
    <section aria-labelledby="use-title">
      <h2 id="use-title">Use</h2>
      <Typed classifier={classifier} />
      <FileToClassify classifier={classifier} isBusy={studio.busy.value !== undefined} />
      <TakeHome studio={studio} run={run} model={model} />
    </section>
  );
}

/** The classifier in a folder of the workplace. */
export function classifierIn(
  { workplace }: Pick<Studio, "workplace">,
  model: string,
): UsedClassifier {
  let opened: Promise<unknown> | undefined;
  return {
    async classify(text) {
      opened ??= workplace.call("openClassifier", { model });
      await opened;
      const [found] = await workplace.call("classify", { texts: [text] });
      return found;
    },
    async explain(text) {
      const { texts } = await workplace.call("explain", { model, texts: [text] });
      return texts.at(0);
    },
    async classifyFile(file) {
      const input = `classified/${file.name}`;
      const output = "classified/labels.csv";
      try {
        await workplace.write(input, file);
        await workplace.call("predict", { model, input, output });
        return new Blob([await workplace.read(output)], { type: "text/csv" });
      } finally {
        await workplace.remove("classified");
      }
    },
  };
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
