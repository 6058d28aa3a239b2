/** What the kinds of work of our side have in common. */
import * as z from "zod";
import type { Answer } from "./conversation.js";

/** A request as it arrived; each kind of work checks the fields that it reads. */
export type Asked = Readonly<Record<string, unknown>> & { readonly do: string };

/** Does what a request asks for. Throws `ZodError` for a request that is not known. */
export type Answering = (request: Asked) => Promise<Answer>;

export const now = (): number => performance.now();

/** Runs some work and tells how long it took by a clock of milliseconds. */
export async function timed(
  work: () => Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>,
  clock: () => number = now,
): Promise<Answer> {
  const start = clock();
  const values = await work();
  return { seconds: (clock() - start) / 1000, values: { ...values }, list: [] };
}

/** A whole number from 0 in a request. */
export const index = z.int().nonnegative();
