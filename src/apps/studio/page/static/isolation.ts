/** Starts the service worker of a page on a static host. */

/** Set while the page reloads: where the headers do not isolate it, a second reload would not either. */
const RELOADED = "reloaded for isolation";

/**
 * Resolves once the page is as isolated from other origins as it can be. The first time it reloads the page instead, and never resolves:
 * only a page that came through the service worker has the headers. Without service workers (private windows of some browsers) the
 * page works on one thread.
 */
export async function isolatePage(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const started = navigator.serviceWorker.register("./service-worker.js");
  if (crossOriginIsolated || sessionStorage.getItem(RELOADED) !== null) {
    sessionStorage.removeItem(RELOADED);
    // Without it the page works all the same, only not offline.
    await started.catch(() => undefined);
    return;
  }
  const isStarted = await started.then(
    () => navigator.serviceWorker.ready,
    () => undefined,
  );
  if (isStarted === undefined) return;
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
  await new Promise<never>(() => undefined);
}
