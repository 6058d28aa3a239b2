/** The page of `serve`: its classifier at work. */
import { render } from "preact";
import { z } from "zod";
import { type ErrorCode, errorCodes, L3MaskingError } from "../../../base/errors.js";
import { listed } from "../../../base/figures.js";
import type { Answer } from "../../../results/records/predictions.js";
import { explainedText } from "../../../results/records/token-masks.js";
import { FileToClassify, Typed, type UsedClassifier } from "./classifier.js";
import { Failure } from "./parts.js";
import { takeReportStyle } from "./style.js";

const codes = Object.keys(errorCodes).filter((code): code is ErrorCode => code in errorCodes);
const failed = z.object({
  error: z.object({ code: z.enum(codes), message: z.string(), hint: z.string() }),
});
const health = z.object({ status: z.literal("ok"), labels: z.array(z.string()) });
const probabilities = z.record(z.string(), z.number());
const answer: z.ZodType<Answer> = z.object({ label: z.string().nullable(), probabilities });

/** Throws what the server says, `workplace-lost` where it does not answer as it should. */
async function ask<Reply>(path: string, schema: z.ZodType<Reply>, body?: unknown): Promise<Reply> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(path, init).catch((cause: unknown) => {
    throw lost("the server no longer answers", cause);
  });
  const reply: unknown = await response.json().catch(() => undefined);
  const told = failed.safeParse(reply);
  if (told.success) {
    const { code, message, hint } = told.data.error;
    throw new L3MaskingError(code, message, hint === "" ? {} : { hint });
  }
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw lost(`expected a reply of l3masking serve, got another with status ${response.status}`);
}

function lost(message: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError("workplace-lost", message, {
    hint: "Start l3masking serve again and reload this page.",
    cause,
  });
}

const classifier: UsedClassifier = {
  async classify(text) {
    const { predictions } = await ask("predict", z.object({ predictions: z.tuple([answer]) }), {
      text,
    });
    return predictions[0];
  },
  explain: async (text) =>
    (await ask("explain", z.object({ explained: explainedText }), { text })).explained,
  async classifyFile(file) {
    const content = base64(new Uint8Array(await file.arrayBuffer()));
    const { csv } = await ask("file", z.object({ csv: z.string() }), {
      name: plain(file.name),
      content,
    });
    return new Blob([csv], { type: "text/csv" });
  },
};

/** A name that the server takes. */
function plain(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "_").slice(-100);
}

function base64(bytes: Uint8Array): string {
  // In pieces, as a call takes only so many arguments.
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  }
  return btoa(pieces.join(""));
}

const PIECE = 2 ** 15;

function Served({ labels }: { readonly labels: readonly string[] }) {
  return (
    <main>
      <header>
        <h1>Classifier</h1>
        <p>
          It tells {labels.length} labels apart: <bdi>{listed(labels.slice(0, MOST_LABELS))}</bdi>
          {labels.length > MOST_LABELS ? " and others" : ""}. Texts go to the server of this page,
          and nowhere else.
        </p>
      </header>
      <section aria-labelledby="use-title">
        <h2 id="use-title">Use</h2>
        <Typed classifier={classifier} />
        <FileToClassify classifier={classifier} isBusy={false} />
      </section>
      <footer>
        <p class="note">l3masking serve: POST /predict answers programs.</p>
      </footer>
    </main>
  );
}

const MOST_LABELS = 20;

const root = document.getElementById("served");
if (root !== null) {
  takeReportStyle();
  const shown = await ask("health", health).then(
    ({ labels }) => <Served labels={labels} />,
    (error: unknown) => (
      <main>
        <h1>Classifier</h1>
        <Failure error={error} />
      </main>
    ),
  );
  render(shown, root);
}
