/** One button, and what is to be seen while it trains. */
import { useSignal } from "@preact/signals";
import { capitalized, counted, listed, percent } from "../../../base/figures.js";
import { methodOf } from "../../../method/methods.js";
import { labelMeasures } from "../../../results/metrics/label-measures.js";
import { chartElement } from "../../../results/report/charts/chart.js";
import { lineChart } from "../../../results/report/charts/line-chart.js";
import { titleOf } from "../../../run/fine-tune/choice.js";
import { trainSchema } from "../../../run/settings/schemas.js";
import type { Flag } from "../../cli/flag.js";
import { flagsOf } from "../../cli/flags.js";
import { progressText } from "../../cli/progress.js";
import { Drawn, Failure } from "./parts.js";
import type { Studio } from "./state.js";
import { estimateOf, type TrainChoices, type Training } from "./training.js";

/** Settings of `train` that can be chosen here, in this order; all others have their defaults. */
const offered = ["method", "device", "timeBudget", "numTrainEpochs", "maxLength", "seed"] as const;

const flags = flagsOf(trainSchema).filter(({ setting }) =>
  offered.some((name) => name === setting),
);

export function Train({ studio }: { readonly studio: Studio }) {
  const { training, project, failures, busy, labels } = studio;
  const choices = useSignal<TrainChoices>({});
  const under = training.value;
  const isRunning = under !== undefined && !under.ended.value;
  const pending = project.value?.pending;
  return (
    <section aria-labelledby="train-title">
      <h2 id="train-title">Train</h2>
      {pending === undefined || isRunning ? null : (
        <div class="verdict">
          <p>
            <strong>Run {pending.run} was stopped.</strong> What it had done is saved.
          </p>
          <p class="line">
            <button type="button" class="primary" onClick={() => void studio.goOn()}>
              Go on
            </button>
            <button type="button" onClick={() => void studio.giveUp()}>
              Give it up
            </button>
          </p>
        </div>
      )}
      {pending !== undefined ? null : (
        <>
          <p>
            Trains on all rows as they are now. Fewer than 1,000 texts without a test file are held
            out in turns, so that every one of them measures the classifier.
          </p>
          <p>
            <button
              type="button"
              class="primary"
              disabled={busy.value !== undefined || labels.value.length < 2}
              onClick={() => void studio.train(choices.value)}
            >
              Train
            </button>
          </p>
          <ModelToFetch studio={studio} />
          <More studio={studio} choices={choices} />
        </>
      )}
      {under === undefined ? null : (
        <UnderWay studio={studio} under={under} isRunning={isRunning} />
      )}
      <Failure error={failures.value.train} />
    </section>
  );
}

/** What a first training waits for. */
function ModelToFetch({ studio: { facts } }: { readonly studio: Studio }) {
  const model = facts.value?.model;
  if (model === undefined || model.toFetch === 0) return null;
  return (
    <p class="note">
      The first training fetches the model {model.name}, {Math.ceil(model.toFetch / 1e6)} MB, which
      this browser then keeps.
    </p>
  );
}

function More({
  studio,
  choices,
}: {
  readonly studio: Studio;
  readonly choices: { value: TrainChoices };
}) {
  const devices = studio.facts.value?.devices ?? [];
  const change = (flag: Flag, value: string) => {
    const { [flag.setting]: _, ...others } = choices.value;
    const given = isNumber(flag) ? Number(value) : value;
    choices.value = value === "" ? others : { ...others, [flag.setting]: given };
  };
  return (
    <details>
      <summary>More</summary>
      <dl class="settings">
        {flags.map((flag) => {
          const { setting, name, unit, defaultValue, description, choices: values } = flag;
          const named = setting === "device" ? devices.map((device) => device.name) : values;
          return (
            <div key={setting}>
              <dt>
                <label for={`set-${name}`}>--{name}</label>
              </dt>
              <dd>
                {named.length > 0 ? (
                  <select
                    id={`set-${name}`}
                    value={
                      choices.value[setting] ??
                      named.find((one) => one === defaultValue) ??
                      named[0]
                    }
                    onChange={(event) => change(flag, event.currentTarget.value)}
                  >
                    {named.map((value) => (
                      <option key={value}>{value}</option>
                    ))}
                  </select>
                ) : (
                  <ValueInput
                    id={`set-${name}`}
                    isNumber={isNumber(flag)}
                    placeholder={defaultValue ?? ""}
                    value={String(choices.value[setting] ?? "")}
                    onChange={(value) => change(flag, value)}
                  />
                )}{" "}
                {unit}
                <p class="note">{description}.</p>
              </dd>
            </div>
          );
        })}
      </dl>
    </details>
  );
}

function ValueInput({
  isNumber,
  onChange,
  ...given
}: {
  readonly id: string;
  readonly isNumber: boolean;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const changed = (event: { readonly currentTarget: HTMLInputElement }) =>
    onChange(event.currentTarget.value);
  return isNumber ? (
    <input type="number" min={0} onChange={changed} {...given} />
  ) : (
    <input type="text" onChange={changed} {...given} />
  );
}

function isNumber({ kind }: Flag): boolean {
  return kind === "integer" || kind === "number";
}

function UnderWay({
  studio,
  under,
  isRunning,
}: {
  readonly studio: Studio;
  readonly under: Training;
  readonly isRunning: boolean;
}) {
  const { progress, ending, warnings, notices } = under;
  const estimate = estimateOf(under);
  const now = progress.value;
  return (
    <div class="under-way">
      {isRunning ? (
        <>
          <p class="line">
            <button type="button" disabled={ending.value} onClick={() => void studio.endTraining()}>
              Stop
            </button>
            <span role="status">
              {ending.value
                ? "Ending at the next step, with the best that there is …"
                : "Training. Stop ends it with the best that there is by then."}
            </span>
          </p>
          {now === undefined ? null : (
            <>
              <progress
                aria-label={now.event.task}
                max={Math.max(1, now.event.total)}
                value={now.event.done}
              />
              <p class="note">{progressText(now)}</p>
            </>
          )}
        </>
      ) : null}
      {estimate === undefined ? null : (
        <p>
          {estimate}
          {estimate.includes("--") ? " These settings are under “More”." : ""}
        </p>
      )}
      <Measured under={under} />
      {warnings.value.length === 0 ? null : (
        <ul>
          {[...new Set(warnings.value)].map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <Curves under={under} />
      <details>
        <summary>What the program says</summary>
        <pre>{listedLines(notices.value)}</pre>
      </details>
    </div>
  );
}

const listedLines = (texts: readonly string[]) => texts.join("\n\n");

/** The candidates so far, the baseline first. */
function Measured({ under: { measured } }: { readonly under: Training }) {
  const events = [...measured.value.values()];
  return (
    <div class="scroll" aria-live="polite">
      {events.length === 0 ? null : (
        <table class="measured">
          <caption class="note">Measured on texts that each was not trained on</caption>
          <thead>
            <tr>
              <th scope="col">Candidate</th>
              {labelMeasures.map(({ name, title }) => (
                <th scope="col" key={name}>
                  {capitalized(title)}
                </th>
              ))}
              <th scope="col">On</th>
            </tr>
          </thead>
          <tbody>
            {events.map(({ method, measures, on, texts }) => (
              <tr key={method}>
                <th scope="row">{capitalized(titleOf(method))}</th>
                {labelMeasures.map(({ name }) => (
                  <td key={name}>{percent(measures[name])}</td>
                ))}
                <td>
                  {counted(texts, on === "dev" ? "dev text" : "held-out text")}
                  {method === BASELINE ? ": to be beaten" : ""}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

const BASELINE = "tfidf";

/** Points of a curve: more than this nobody sees. */
const POINTS = 200;

/** What is told of steps and evaluations, as charts. */
export function Curves({
  under,
}: {
  readonly under: Pick<Training, "steps" | "evaluations" | "measured">;
}) {
  const dev = under.evaluations.value.filter(({ split }) => split === "dev");
  const every = Math.max(1, Math.ceil(under.steps.value.length / POINTS));
  const steps = under.steps.value.filter((_, index) => index % every === 0);
  const losses = steps.flatMap(({ step, main_loss: y }) => (y === null ? [] : [{ x: step, y }]));
  const accuracies = dev.map(({ step, measures }) => ({ x: step, y: measures.accuracy }));
  const baseline = under.measured.value.get(BASELINE);
  const ofBaseline = baseline?.on === "dev" ? baseline.measures.accuracy : undefined;
  const [first, last] = [accuracies.at(0), accuracies.at(-1)];
  return (
    <div class="figures">
      {first === undefined || last === undefined || accuracies.length < 2 ? null : (
        <Drawn
          markup={chartElement(
            lineChart(
              [
                { name: "the encoder", style: methodOf("stl").look, points: accuracies },
                ...(ofBaseline === undefined
                  ? []
                  : [
                      {
                        name: "TF-IDF",
                        style: methodOf(BASELINE).look,
                        points: [first.x, last.x].map((x) => ({ x, y: ofBaseline })),
                      },
                    ]),
              ],
              {
                title: "Accuracy on dev",
                description: `Accuracy on dev over steps: ${listed(accuracies.slice(-5).map(({ y }) => y.toFixed(3)))} lately${ofBaseline === undefined ? "" : `; TF-IDF ${ofBaseline.toFixed(3)}`}.`,
                xTitle: "optimizer steps",
                yTitle: "accuracy (%)",
                yFormat: (value, decimals) => (100 * value).toFixed(Math.max(0, decimals - 2)),
              },
            ),
            "live-accuracy",
          )}
        />
      )}
      {losses.length < 2 ? null : (
        <Drawn
          markup={chartElement(
            lineChart([{ name: "the encoder", style: methodOf("stl").look, points: losses }], {
              title: "Training loss",
              description: `Loss over steps, ${losses[losses.length - 1].y.toFixed(3)} at step ${losses[losses.length - 1].x}.`,
              xTitle: "optimizer steps",
              yTitle: "cross-entropy (nats)",
              yFormat: (value, decimals) => value.toFixed(decimals),
            }),
            "live-loss",
          )}
        />
      )}
    </div>
  );
}
