/** Our side in Debian's Chromium, on WebAssembly with threads, in a page that is served as the tests serve theirs. */
import { relative } from "node:path";
import { L3MaskingError } from "../../src/base/errors.js";
import { openPage, startChromium } from "../../test/browser/chromium.js";
import { servePages } from "../../test/browser/server.js";
import type { BenchContext } from "../benchmark.js";
import { answerSchema, errorSchema, readySchema, type Side } from "../sides/conversation.js";
import type { TrainingWork } from "../work/work-file.js";

export async function openInChromium(
  { root, threads }: Pick<BenchContext, "root" | "threads">,
  work: TrainingWork,
): Promise<Side> {
  const server = await servePages({ isolated: true, root });
  const browser = await startChromium();
  const close = async () => {
    await browser.close();
    await server.close();
  };
  const ask = async (message: unknown): Promise<unknown> => {
    const answer: unknown = await page.evaluate(`ask(${JSON.stringify(message)})`);
    const failed = errorSchema.safeParse(answer);
    if (!failed.success) return answer;
    throw new L3MaskingError("worker-failed", `our side in Chromium failed: ${failed.data.error}`);
  };
  const { maskedFolder } = work.model;
  const address = maskedFolder === null ? null : `/${relative(root, maskedFolder)}/`;
  const page = await openPage(browser, `${server.address}bench/browser/page.html`);
  try {
    const placed = { ...work, model: { ...work.model, maskedFolder: address } };
    const { versions } = readySchema.parse(await ask({ work: placed, threads }));
    return {
      name: "Chromium",
      versions: { ...versions, chromium: browser.version() },
      ask: async (request) => answerSchema.parse(await ask(request)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
