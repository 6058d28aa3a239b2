import { expect, it } from "vitest";
import { createBuilder } from "../../engine/graph/builder.js";
import { bert } from "../../model/families/bert.js";
import type { ModelSpec } from "../../model/spec.js";
import { classificationTask, trainingGraph, trainingRates } from "./training-graph.js";

const spec: ModelSpec = {
  family: bert,
  vocabularySize: 40,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  intermediateSize: 16,
  maxPositions: 20,
  ...bert.newModel,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
  initializerRange: 0.02,
  padId: 0,
  firstPosition: 0,
  labels: undefined,
};

/** Sites of dropout in the classification head, and how many there are elsewhere. */
function sites(change: Partial<ModelSpec>) {
  const rates = trainingRates({ ...spec, ...change });
  const { keepSites } = trainingGraph(createBuilder(), classificationTask(spec, 3, rates));
  const head = [...keepSites.keys()].filter((site) => site.startsWith("classification."));
  return { head, elsewhere: keepSites.size - head.length };
}

it("drops in the head at classifier_dropout, and as elsewhere where there is none", () => {
  const head = ["classification.input", "classification.dense"];
  expect(sites({})).toEqual({ head, elsewhere: 4 });
  expect(sites({ classifierDropout: 0 })).toEqual({ head: [], elsewhere: 4 });
  const off = { hiddenDropout: 0, attentionDropout: 0 };
  expect(sites({ ...off, classifierDropout: 0.9 })).toEqual({ head, elsewhere: 0 });
  expect(sites(off)).toEqual({ head: [], elsewhere: 0 });
});
