/** The signals that ask a command to stop. */

/** What listening needs of the process. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** Ctrl-C, and what ends services. The second one has its default effect: the process ends at once. */
const stopping = ["SIGINT", "SIGTERM"] as const;

/**
 * Gives `Terminal.onInterrupt`. SIGHUP, the end of the terminal, stops like the others, but a second one does nothing: shell and
 * system may each send one. Without a terminal it is ignored, since `nohup` asks for that and Node forgets it.
 */
export function interrupts(
  source: SignalSource,
  hasTerminal: boolean,
): (listener: () => void) => () => void {
  let hungUp = false;
  let onHangUp: () => void = () => undefined;
  source.on("SIGHUP", () => {
    if (!hasTerminal || hungUp) return;
    hungUp = true;
    onHangUp();
  });
  return (listener) => {
    const stopListening = () => {
      for (const signal of stopping) source.off(signal, once);
      onHangUp = () => undefined;
    };
    // Without a listener the next signal has its default effect: the process ends at once, without
    // the tidying up that could abort a worker inside the runtime. Shells report 130.
    const once = () => {
      stopListening();
      listener();
    };
    for (const signal of stopping) source.on(signal, once);
    onHangUp = listener;
    // It may have come while the command was being loaded.
    if (hungUp) listener();
    return stopListening;
  };
}
