/** A workplace in a worker, for the tests to work in: each function gives {result} or {error}. */
import { browserWorkplace } from "/dist/apps/studio/browser-workplace.js";

/** Journal steps and notices of all calls. */
globalThis.steps = [];
globalThis.notices = [];

const outcome = (work) =>
  work.then(
    (result) => ({ result }),
    ({ code, message, hint }) => ({ error: { code, message, hint } }),
  );

let place;

globalThis.openPlace = (model) => {
  const worker = new Worker("/dist/thread/browser/worker.js", { type: "module" });
  return outcome(
    browserWorkplace({ worker, model }).then((opened) => {
      place = opened;
      return opened.facts();
    }),
  );
};

globalThis.call = (command, settings, stopAfter) => {
  const stop = new AbortController();
  const onEvent = (event) => {
    if (event.type === "notice") notices.push(event.text);
    if (event.type === "step") steps.push(event);
    if (event.type === "step" && event.step === stopAfter) stop.abort();
  };
  return outcome(place.call(command, settings, { onEvent, signal: stop.signal }));
};

globalThis.write = (path, text) => outcome(place.write(path, new Blob([text])));
globalThis.writeBytes = (path, count) =>
  outcome(place.write(path, new Blob([new Uint8Array(count)])));
globalThis.read = (path) =>
  outcome(place.read(path).then((bytes) => new TextDecoder().decode(bytes)));
globalThis.list = (path) => outcome(place.list(path));
globalThis.remove = (path) => outcome(place.remove(path));
globalThis.zip = (path) =>
  outcome(
    place
      .zip(path)
      .then((blob) => blob.arrayBuffer())
      .then((buffer) => Array.from(new Uint8Array(buffer))),
  );

globalThis.ready = true;
