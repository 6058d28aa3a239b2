/** A classifier at work: a text as it is typed, and a file. The studio and the server of `serve` both show it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { percent } from "../../../base/figures.js";
import type { Answer } from "../../../results/records/predictions.js";
import type { ExplainedText } from "../../../results/records/token-masks.js";
import { attributionLegend, textByAttribution } from "../../../results/report/pages/token-text.js";
import { Drawn, DropFiles, download, Failure } from "./parts.js";

/** What answers; every promise rejects with what is to be told. */
export interface UsedClassifier {
  classify(text: string): Promise<Answer>;
  explain(text: string): Promise<ExplainedText | undefined>;
  /** The rows of a file with label and probabilities, as CSV. */
  classifyFile(file: File): Promise<Blob>;
}

/** Milliseconds without a key before a text is classified, and before its words are weighed. */
const [PAUSE, LONGER_PAUSE] = [150, 700];

const SHOWN_LABELS = 10;

/** `classifier` is another object only where it is another classifier. */
export function Typed({ classifier }: { readonly classifier: UsedClassifier }) {
  const text = useSignal("");
  const answer = useSignal<Answer | undefined>(undefined);
  const explained = useSignal<ExplainedText | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    const asked = text.value;
    [error.value, explained.value] = [undefined, undefined];
    if (asked.trim() === "") {
      answer.value = undefined;
      return;
    }
    const isCurrent = () => text.value === asked;
    const soon = setTimeout(async () => {
      try {
        const found = await classifier.classify(asked);
        if (isCurrent()) answer.value = found;
      } catch (thrown) {
        if (isCurrent()) [error.value, answer.value] = [thrown, undefined];
      }
    }, PAUSE);
    const later = setTimeout(async () => {
      try {
        const found = await classifier.explain(asked);
        if (isCurrent()) explained.value = found;
      } catch (thrown) {
        if (isCurrent()) error.value = thrown;
      }
    }, LONGER_PAUSE);
    return () => {
      clearTimeout(soon);
      clearTimeout(later);
    };
  }, [text.value, classifier]);
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
        }}
      />
      <div aria-live="polite" class="answer">
        {found === undefined ? null : <AnswerLine answer={found} />}
      </div>
      <Failure error={error.value} />
      {found === undefined ? null : <Probabilities answer={found} />}
      {explained.value === undefined ? null : (
        <>
          <Drawn markup={textByAttribution(explained.value)} />
          <Drawn markup={attributionLegend()} />
        </>
      )}
    </>
  );
}

function AnswerLine({ answer: { label, probabilities } }: { readonly answer: Answer }) {
  if (label === null) return <p>No label is sure enough.</p>;
  return (
    <p>
      <strong>
        <bdi>{label}</bdi>
      </strong>
      , {percent(probabilities[label])}
    </p>
  );
}

function Probabilities({ answer: { probabilities } }: { readonly answer: Answer }) {
  const likely = Object.entries(probabilities).toSorted(([, a], [, b]) => b - a);
  return (
    <table class="probabilities">
      <caption class="note">
        {likely.length > SHOWN_LABELS
          ? `Probability of the ${SHOWN_LABELS} likeliest of ${likely.length} labels`
          : "Probability of each label"}
      </caption>
      <tbody>
        {likely.slice(0, SHOWN_LABELS).map(([label, probability]) => (
          <tr key={label}>
            <th scope="row">
              <bdi>{label}</bdi>
            </th>
            <td>
              <meter min={0} max={1} value={probability} aria-label={`Probability of ${label}`} />
            </td>
            <td>{percent(probability)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `isBusy` while other work has to be waited for. */
export function FileToClassify({
  classifier,
  isBusy,
}: {
  readonly classifier: UsedClassifier;
  readonly isBusy: boolean;
}) {
  const error = useSignal<unknown>(undefined);
  const working = useSignal<string | undefined>(undefined);
  const classify = async (file: File) => {
    [error.value, working.value] = [undefined, file.name];
    try {
      download(await classifier.classifyFile(file), "labels.csv");
    } catch (thrown) {
      error.value = thrown;
    } finally {
      working.value = undefined;
    }
  };
  return (
    <>
      <h3>Classify a file</h3>
      <p>Its rows come back as labels.csv, with a label and all probabilities.</p>
      <DropFiles
        title="Drop a file here, or"
        button="Choose a file"
        isBusy={isBusy || working.value !== undefined}
        onFiles={([file]) => void classify(file)}
      />
      <p class="note" role="status">
        {working.value === undefined ? "" : `Classifying ${working.value} …`}
      </p>
      <Failure error={error.value} />
    </>
  );
}
