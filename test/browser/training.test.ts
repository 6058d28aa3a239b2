/**
 * The same course, by the same modules, in Chromium and in Node: scores, losses and gradients agree.
 *
 * The shipped model trains 20 steps on both; on `webgpu` with two short texts a step, as a software adapter needs ten seconds for it. The
 * second task is trained there in a tiny model. All with dropout.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openPage, startChromium, whyNot } from "./chromium.js";
import { courseIn, courseInNode, differences, type Request, timesText } from "./course.js";
import { type PageServer, servePages } from "./server.js";

/** Relative: of losses, gradient norms, and likelihoods of tokens. */
const limits = { loss: 2e-5, norm: 1e-4, logprob: 2e-5 };

const texts = {
  texts: [
    "The bilge pump runs, but nothing comes out.",
    "Please quote for new lower shrouds, 7 mm.",
    "The head does not flush any more.",
    "Our genoa has a tear at the leech.",
    "The water pump of the galley leaks.",
    "The mainsail needs a new batten pocket.",
  ],
  labels: ["plumbing", "rigging", "plumbing", "sails", "plumbing", "sails"],
};
const questions = ["a halyard is chafed", "The toilet pump is blocked"];

const shipped: Request = {
  model: "models/minilm",
  score: questions,
  train: {
    texts,
    settings: { method: "l3", maxSteps: 20, batchSize: 4, maxLength: 12, seed: 3 },
  },
};
const shortTexts: Request = {
  model: "models/minilm",
  train: {
    texts,
    settings: {
      method: "stl",
      headInitialization: "random",
      maxSteps: 20,
      batchSize: 2,
      maxLength: 8,
    },
  },
};
const tiny: Request = {
  model: "test/golden/models/bert",
  changes: { "config.json": { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 } },
  score: ["the pump"],
  scoring: { maxLength: 12 },
  train: {
    texts: {
      texts: ["the pump leaks", "a sail is torn", "a pump is broken", "new sails"],
      labels: ["plumbing", "sails", "plumbing", "sails"],
    },
    settings: { method: "l3", maxSteps: 20, batchSize: 4, maxLength: 12, learningRate: 1e-3 },
  },
};

describe.skipIf(!hasChromium)(`training in Chromium${whyNot}`, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await servePages({ isolated: true });
    browser = await startChromium();
    page = await openPage(browser, `${server.address}test/browser/pages/page.html`);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each([
    ["wasm", "the shipped model over 20 steps", shipped],
    ["webgpu", "the shipped model over 20 steps", shortTexts],
    ["webgpu", "a tiny model over 20 steps", tiny],
  ])("agrees with Node on %s: %s", async (device, what, request) => {
    const expected = await courseInNode(request);
    const asked = { ...request, options: { device }, predict: questions };
    const { result, error } = await courseIn(page, "inWorker", asked);
    expect(error).toBeUndefined();
    if (result === undefined) return expect.unreachable();
    const far = differences(result, expected);
    console.log(`${timesText(`${device}, ${what}`, result)}; relative differences`, far);
    expect(result.steps.length).toBe(request.train?.settings.maxSteps);
    expect(expected.steps.length).toBe(result.steps.length);
    for (const [name, limit] of Object.entries(limits)) {
      expect(far[name as keyof typeof far], name).toBeLessThan(limit);
    }
    expect(result.reason).toBe("steps");
    expect(result.predictionsAgain).toEqual(result.predictions);
    expect(result.files).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
      "special_tokens_map.json",
      "vocab.txt",
      "training_args.json",
    ]);
  });

  it("trains in the page itself, and stops when it is asked", async () => {
    const asked = { ...tiny, options: { device: "wasm" }, stopAfter: 3, predict: ["the pump"] };
    const { result } = await courseIn(page, "here", asked);
    expect(result?.reason).toBe("interrupted");
    expect(result?.steps.length).toBeLessThan(6);
    expect(result?.predictions?.length).toBe(1);
  });
});
