/** Trains in a worker, as the work blocks its thread; then classifies what it is sent. */
import { fetchModel, openModel } from "l3masking/web";

const watch = { onEvent: (event) => postMessage(event) };
let classifier;

addEventListener("message", async ({ data }) => {
  try {
    if (data.type === "train") {
      const files = await fetchModel(data.model, watch);
      const model = await openModel(files, { device: data.device }, watch);
      classifier = await model.train(data.rows, { method: "l3", ...data.settings }, watch);
      postMessage({ type: "trained", labels: classifier.labels, files: classifier.files() });
    } else {
      const [answer] = await classifier.predict([data.text]);
      postMessage({ type: "answer", ...answer });
    }
  } catch ({ code, message, hint }) {
    postMessage({ type: "error", code, message, hint });
  }
});
