import { expect, it } from "vitest";
import { L3MaskingError } from "../base/errors.js";
import { headerToken } from "./header-token.js";

it("gives a token that a header may have", () => {
  expect(headerToken("hf_aB3-._~+/=", "HF_TOKEN")).toBe("hf_aB3-._~+/=");
});

it.each([
  ["hf_abc\u200b", "U+200B as character 7 of 7"],
  ["hf_a\nbc", "U+000A as character 5 of 7"],
  ["hf_a bc", "U+0020 as character 5 of 7"],
  ["\u{1f511}hf_abc", "U+1F511 as character 1 of 7"],
])("refuses %j, and shows none of it", (token, found) => {
  const refused = () => headerToken(token, "HF_TOKEN");
  expect(refused).toThrow(L3MaskingError);
  expect(refused).toThrow(`in the token of HF_TOKEN, got ${found}`);
  expect(refused).not.toThrow(/hf_/);
});
