/** Runs the course of course.js: `here(request)` in the page, `inWorker(request)` in a worker. */
import { course } from "./course.js";

globalThis.here = async (request) => {
  try {
    return { result: await course(request) };
  } catch ({ code, message, hint }) {
    return { error: { code, message, hint } };
  }
};

globalThis.inWorker = (request) =>
  new Promise((resolve) => {
    const worker = new Worker("course-worker.js", { type: "module" });
    worker.onerror = ({ message }) => resolve({ error: { message } });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.postMessage(request);
  });

globalThis.ready = true;
