import { describe, expect, it } from "vitest";
import { fileUrl, parseRepository, repositoryTitle } from "./repository.js";

const long = "a".repeat(96);

describe("parseRepository", () => {
  it.each([
    ["FacebookAI/roberta-base", "FacebookAI/roberta-base", "main"],
    ["roberta-base", "roberta-base", "main"],
    ["emilyalsentzer/Bio_ClinicalBERT", "emilyalsentzer/Bio_ClinicalBERT", "main"],
    ["a/b.c_d-e@v1.0", "a/b.c_d-e", "v1.0"],
    ["a/b@refs/pr/1", "a/b", "refs/pr/1"],
    [`${long}/${long}`, `${long}/${long}`, "main"],
  ])("%s", (text, id, revision) => {
    expect(parseRepository(text)).toEqual({ id, revision });
  });

  // The hub gives none of these names, and each would be a strange path.
  it.each([
    ...[
      "",
      "/",
      "a/",
      "/a",
      "a/b/c",
      "./a",
      "../a",
      "a/..",
      ".a/b",
      "a./b",
      "-a/b",
      "a-/b",
      "a/b-",
    ],
    ...["a--b/c", "a..b/c", "a/b.git", "a b/c", "ä/b", "a\\b", "C:\\a", "~/a", `${long}a/b`],
    ...[
      "a/b@",
      "a/b@/x",
      "a/b@x/",
      "a/b@x//y",
      "a/b@../x",
      "a/b@.x",
      "a/b@x@y",
      `a/b@${long}${long}${long}`,
    ],
  ])("refuses %j", (text) => {
    expect(parseRepository(text)).toBeUndefined();
  });
});

it("repositoryTitle leaves main out", () => {
  expect(repositoryTitle({ id: "a/b", revision: "main" })).toBe("a/b");
  expect(repositoryTitle({ id: "a/b", revision: "v1" })).toBe("a/b@v1");
});

it("fileUrl writes a revision as one part of the path", () => {
  expect(fileUrl("https://hub.example", { id: "a/b", revision: "refs/pr/1" }, "x y.json")).toBe(
    "https://hub.example/a/b/resolve/refs%2Fpr%2F1/x%20y.json",
  );
});
