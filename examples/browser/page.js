/** The page: hands rows and questions to the worker, and shows what it answers. */
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const element = (id) => document.getElementById(id);
const say = (text) => {
  element("log").textContent += `${text}\n`;
};

element("train").addEventListener("submit", (event) => {
  event.preventDefault();
  const rows = element("rows")
    .value.split("\n")
    .map((line) => line.split("\t"))
    .filter(([text, label]) => text && label);
  const settings = {
    maxSteps: Number(element("steps").value),
    batchSize: 4,
    maxLength: 32,
    learningRate: 3e-4,
  };
  worker.postMessage({
    type: "train",
    model: new URL(element("model").value, location.href).href,
    device: element("device").value,
    rows: { texts: rows.map(([text]) => text), labels: rows.map(([, label]) => label) },
    settings,
  });
});

element("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  worker.postMessage({ type: "classify", text: element("question").value });
});

worker.addEventListener("message", ({ data }) => {
  switch (data.type) {
    case "notice":
      return say(data.text);
    case "progress":
      element("progress").value = data.done / data.total;
      element("doing").textContent = data.task;
      return;
    case "step":
      return say(`step ${data.step}: loss ${data.main_loss.toFixed(3)}`);
    case "trained":
      say(`knows ${data.labels.join(", ")}`);
      element("ask").hidden = false;
      return;
    case "answer":
      element("answer").textContent =
        `${data.label}, ${Math.round(100 * data.probabilities[data.label])} %`;
      return;
    case "error":
      return say(`${data.code}: ${data.message}. ${data.hint ?? ""}`);
  }
});
