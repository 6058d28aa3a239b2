/** Sides that take turns: ours, the peer's, ours, the peer's, ..., never two at a time. */

/** One thing that is timed. */
export interface Contender {
  readonly name: string;
  /** Does the work of a turn (from 0) and gives the seconds it took. Turns below 0 are warm-ups. */
  run(turn: number): Promise<number>;
}

export interface Turns {
  /** Turns whose times do not count. */
  readonly warmups: number;
  /** Turns that count, at least one. */
  readonly turns: number;
}

/** Told before each run and after the last: runs done and in all, and the seconds of the last one. */
export type OnRun = (done: number, total: number, last?: { name: string; seconds: number }) => void;

/**
 * Lets each contender run once a turn, one after the other, so that what else the machine does meets all of them. Gives
 * the seconds of the turns that count, by name.
 */
export async function interleave(
  contenders: readonly Contender[],
  { warmups, turns }: Turns,
  onRun: OnRun = () => undefined,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const total = contenders.length * (warmups + turns);
  let done = 0;
  onRun(done, total);
  for (let turn = -warmups; turn < turns; turn++) {
    for (const { name, run } of contenders) {
      const seconds = await run(turn);
      if (turn >= 0) times.get(name)?.push(seconds);
      done += 1;
      onRun(done, total, { name, seconds });
    }
  }
  return times;
}
