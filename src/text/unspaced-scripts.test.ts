import { expect, it } from "vitest";
import { wordsWithin } from "./unspaced-scripts.js";

it.each<[string[], number[] | undefined]>([
  [["\u2581sail", "ing"], undefined],
  [
    ["\u2581", "東京", "の", "夏"],
    [0, 0, 1, 2],
  ],
  [
    ["\u2581iPhone", "を", "買", "う", "!"],
    [0, 1, 2, 3, 4],
  ],
  [
    ["\u2581กิน", "ข้าว"],
    [0, 1],
  ],
  [
    ["\u2581", "<unk>", "川", "<unk>"],
    [0, 0, 1, 2],
  ],
  [["\u2581서울", "에서"], undefined],
  [
    ["\u2581a", "b", "\u2581", "\u2581c"],
    [0, 0, 1, 2],
  ],
  [[], undefined],
])("words of %j", (tokens, words) => {
  const found = wordsWithin(tokens);
  expect(found && [...found]).toEqual(words);
});
