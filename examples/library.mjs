/**
 * The library in ten lines. In the project's folder, after `npm run build`:
 *
 *     node examples/library.mjs            with the model that the package contains
 *     node examples/library.mjs MODEL      with a folder or a repository of the hub
 *
 * Remove runs/library before you run it again: a run is never overwritten.
 */
import { Classifier, fineTune, scoreTexts } from "l3masking";

const model = process.argv[2];
const options = { model, maxLength: 64 };
const [first] = await scoreTexts(["The impeller lost two vanes."], options);
console.log(first.tokens.map((token, i) => [token, first.logprob[i]]));

const files = { trainFile: "examples/messages.csv", outputDir: "runs/library" };
const { metrics } = await fineTune({ ...options, ...files, method: "l3", numTrainEpochs: 2 });
console.log(metrics.dev, metrics.test);

const classifier = await Classifier.load("runs/library/model");
console.log(await classifier.predict(["The genoa has a tear along the foot."]));
await classifier.dispose();
