import { describe, expect, it } from "vitest";
import { randomStream } from "../base/random.js";
import { nearDuplicates } from "./near-duplicates.js";

/** The Jaccard index of runs of 5 characters, by sets of strings. */
function jaccard(first: string, second: string): number {
  const runs = (text: string) =>
    new Set(Array.from({ length: text.length - 4 }, (_, start) => text.slice(start, start + 5)));
  const [a, b] = [runs(first), runs(second)];
  const shared = [...a].filter((run) => b.has(run)).length;
  return shared / (a.size + b.size - shared);
}

const random = randomStream(1, "near");
const word = () =>
  Array.from({ length: 3 + random.integer(5) }, () => String.fromCharCode(97 + random.integer(26)));
const words = (count: number) => Array.from({ length: count }, () => word().join(""));

describe("nearDuplicates", () => {
  it("joins texts that differ in case, punctuation, spaces or a letter", () => {
    const { groupOf, likeOf, similarity } = nearDuplicates([
      "The bilge pump runs, but nothing comes out of the hose on the port side.",
      "Please quote for new lower shrouds, seven millimetres, with turnbuckles.",
      "the bilge pump runs but nothing comes out   of the hose on the port side",
      "The bilge pump runs, but nothing comes out of the hose on the port sidee.",
      "",
      " - ",
    ]);
    expect([...groupOf]).toEqual([0, 1, 0, 0, 4, 5]);
    expect([...likeOf]).toEqual([-1, -1, 0, 0, -1, -1]);
    expect(similarity[2]).toBe(1);
    expect(similarity[3]).toBeLessThan(1);
  });

  it("joins short texts only where they are equal", () => {
    const { groupOf } = nearDuplicates(["ok", "OK!", "no", "ok then", "oki"]);
    expect([...groupOf]).toEqual([0, 0, 2, 3, 4]);
  });

  it("finds the pairs above the threshold, with their true similarity, and no other", () => {
    const texts = Array.from({ length: 150 }, () => {
      const original = words(30);
      const changed = original.map((old) => (random.uniform() < 0.06 ? word().join("") : old));
      return [original.join(" "), changed.join(" ")];
    });
    const { groupOf, similarity } = nearDuplicates(texts.flat());
    let above = 0;
    texts.forEach(([original, changed], pair) => {
      const index = jaccard(original, changed);
      if (index >= 0.8) above++;
      expect(groupOf[2 * pair]).toBe(2 * pair);
      expect(groupOf[2 * pair + 1]).toBe(index >= 0.8 ? 2 * pair : 2 * pair + 1);
      expect(similarity[2 * pair + 1]).toBeCloseTo(index >= 0.8 ? index : 0, 6);
    });
    // Both kinds occur.
    expect(above).toBeGreaterThan(40);
    expect(above).toBeLessThan(140);
  });

  it("takes another threshold", () => {
    const texts = ["the pump hums but moves no water", "the pump hums but moves no oil"];
    const index = jaccard(texts[0], texts[1]);
    expect(nearDuplicates(texts, { threshold: index }).groupOf[1]).toBe(0);
    expect(nearDuplicates(texts, { threshold: index + 0.01 }).groupOf[1]).toBe(1);
  });

  it("joins near-duplicates of near-duplicates", () => {
    const letters = words(40).join(" ");
    const chain = Array.from({ length: 6 }, (_, i) => letters.slice(25 * i, 25 * i + 160));
    // Neighbours have J about 0.73, the ends nothing in common.
    const { groupOf, likeOf } = nearDuplicates(chain, { threshold: 0.65 });
    expect([...groupOf]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...likeOf]).toEqual([-1, 0, 1, 2, 3, 4]);
  });

  it("takes thousands of texts that are all alike, and says how far it is", () => {
    const body = words(60).join(" ");
    const texts = Array.from({ length: 5000 }, (_, i) => `${body} number ${i}`);
    const done: number[] = [];
    const { groupOf } = nearDuplicates(texts, { beforeEach: (part) => done.push(part) });
    expect(groupOf.every((group) => group === 0)).toBe(true);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBeLessThan(1);
  });

  it("ends where its caller wants it to", () => {
    const stop = () => {
      throw new Error("stopped");
    };
    expect(() => nearDuplicates(["one text", "another"], { beforeEach: stop })).toThrow("stopped");
  });
});
