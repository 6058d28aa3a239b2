/** Waiting. */

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Waits for work, but not longer than so many milliseconds. Throws what the work throws meanwhile. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, time]);
  } finally {
    // A timer that is left keeps the thread from ending.
    clearTimeout(timer);
  }
}
