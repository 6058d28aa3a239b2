/**
 * What a page does with a model: opens it, scores, trains, predicts; then opens what it trained from its files and predicts again.
 * Each part where the request asks for it.
 */
import { fetchModel, openClassifier, openModel } from "l3masking/web";

export async function course(request) {
  const {
    model: address,
    options,
    changes = {},
    cut = {},
    score,
    scoring,
    train,
    predict,
  } = request;
  const notices = [];
  const steps = [];
  const stop = new AbortController();
  const watch = {
    signal: stop.signal,
    onEvent(event) {
      if (event.type === "notice") notices.push(event.text);
      if (event.type !== "step") return;
      const { main_loss, auxiliary_loss, gradient_norms } = event;
      steps.push({ main_loss, auxiliary_loss, gradient_norms, at: performance.now() });
      globalThis.told?.(event.step);
      // As a message would: heard once the thread takes what waits for it.
      if (event.step === request.stopAfter) setTimeout(() => stop.abort());
    },
  };
  const files = new Map(await fetchModel(address));
  for (const [name, fields] of Object.entries(changes)) {
    const json = JSON.parse(new TextDecoder().decode(files.get(name)));
    files.set(name, new TextEncoder().encode(JSON.stringify({ ...json, ...fields })));
  }
  for (const [name, bytes] of Object.entries(cut)) files.set(name, files.get(name).slice(0, bytes));
  const model = await openModel(files, options, watch);
  const result = { notices, steps };
  if (score !== undefined) result.scores = await model.score(score, scoring);
  if (train !== undefined) {
    const start = performance.now();
    const classifier = await model.train(train.texts, train.settings, watch);
    result.times = { start, end: performance.now() };
    result.reason = classifier.reason;
    if (predict !== undefined) {
      result.predictions = await classifier.predict(predict);
      const saved = classifier.files();
      result.files = [...saved.keys()];
      const again = await openClassifier(saved, options);
      result.predictionsAgain = await again.predict(predict);
      await again.dispose();
    }
    await classifier.dispose();
  }
  return result;
}
