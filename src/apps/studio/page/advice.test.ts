import { expect, it } from "vitest";
import { studioAdvice } from "./advice.js";

it.each(Object.entries(studioAdvice))(
  "%s speaks of the page, not of flags and files of the command line",
  (_, text) => {
    expect(text).not.toMatch(/--|rows\.csv|compare/);
  },
);
