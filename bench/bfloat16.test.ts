import { expect, it } from "vitest";
import { bfloat16In } from "./bfloat16.js";

it.each([
  ["processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 sha_ni\n", true],
  ["flags\t\t: fpu amx_bf16 amx_tile\n", true],
  ["Features\t: fp asimd bf16\n", true],
  ["processor\t: 0\nflags\t\t: fpu avx2 f16c\n", false],
  ["processor\t: 0\n", undefined],
])("reads whether a processor has bfloat16 from %j", (text, expected) => {
  expect(bfloat16In(text)).toBe(expected);
});
