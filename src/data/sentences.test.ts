import { expect, it } from "vitest";
import { sentencesOf } from "./sentences.js";

it("parts a text after its sentences", () => {
  const text = "  Is it late? It is 3.5 hours past.\nGo home!  ";
  expect(sentencesOf(text)).toEqual(["Is it late?", "It is 3.5 hours past.", "Go home!"]);
});

it("knows other scripts, and nothing of an empty text", () => {
  expect(sentencesOf("你好。再见。")).toEqual(["你好。", "再见。"]);
  expect(sentencesOf(" \n ")).toEqual([]);
});
