/** The golden checkpoints of scripts/golden/checkpoints.py, and small tools for tests on bytes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import * as z from "zod";
import { type ErrorCode, L3MaskingError } from "../../base/errors.js";
import type { StoredTensor } from "./formats/stored-tensor.js";

/** Path of a file or folder among the golden checkpoints. */
export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`../../../test/golden/checkpoints/${name}`, import.meta.url));
}

export function goldenBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(goldenPath(name)));
}

const goldenSchema = z.object({
  labels: z.array(z.string()),
  checkpoints: z.record(
    z.string(),
    z.object({
      values: z.record(
        z.string(),
        z.object({ shape: z.array(z.int()), first: z.array(z.number()), sha256: z.string() }),
      ),
      unexpected: z.array(z.string()),
    }),
  ),
  views: z.record(z.string(), z.object({ shape: z.array(z.int()), values: z.array(z.number()) })),
  half: z.object({
    float32: z.array(z.int()),
    float16: z.array(z.int()),
    bfloat16: z.array(z.int()),
    allFloat16Sha256: z.string(),
  }),
});

export const golden = goldenSchema.parse(
  JSON.parse(readFileSync(goldenPath("expected.json"), "utf8")),
);

/** SHA-256 (hex) of the little-endian float32 bytes. */
export function digestOf(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash("sha256").update(bytes).digest("hex");
}

/** The L3MaskingError that `action` throws; any other outcome fails the test. */
export async function failure(action: () => unknown): Promise<L3MaskingError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof L3MaskingError) return error;
    throw error;
  }
  throw new Error("expected an L3MaskingError, got none");
}

/** Expects an error with this code, a message that holds every part, and a hint. */
export async function expectFailure(
  action: () => unknown,
  code: ErrorCode,
  ...parts: readonly string[]
): Promise<void> {
  const error = await failure(action);
  expect(error.code).toBe(code);
  for (const part of parts) expect(error.message).toContain(part);
  expect(error.hint).toBeTruthy();
}

/** Reads every tensor that can be read; damaged files may only fail with an L3MaskingError. */
export async function readOrRefuse(
  read: () => Promise<readonly StoredTensor[]>,
): Promise<"read" | ErrorCode> {
  try {
    for (const tensor of await read()) await tensor.read();
    return "read";
  } catch (error) {
    if (error instanceof L3MaskingError) return error.code;
    throw error;
  }
}

/** A copy of `bytes` with one of them replaced. */
export function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at] = value;
  return copy;
}
