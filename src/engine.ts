/** The engine as a library, in Node: build a graph, differentiate it, train it and export it. It knows no texts and no models. */

export * from "./engine/library.js";
export { openDevice } from "./engine/runtime/devices/open.js";
