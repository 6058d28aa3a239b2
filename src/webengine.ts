/** The engine as a library, in a browser: what `engine.ts` offers, on the browser's devices. */

export * from "./engine/library.js";
export { openDevice } from "./engine/runtime/devices/browser/open.js";
