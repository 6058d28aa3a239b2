/**
 * Trains a network to tell two spirals apart, on points that it makes: `npm run build && node examples/engine.mjs [DEVICE]`.
 * It runs in a browser as it is, with ?device=DEVICE in the address of the page (docs/engine.md).
 */
import * as engine from "l3masking/engine";

const asked = new URLSearchParams(globalThis.location?.search).get("device");
const device = await engine.openDevice(globalThis.process?.argv[2] ?? asked ?? undefined);
const random = engine.randomStream(1);

const layers = { first: [32, 2], second: [32, 32], last: [2, 32] }; // [outputs, inputs]
const parameters = {};
for (const [name, [outputs, inputs]] of Object.entries(layers)) {
  const weight = () => random.normal() * Math.sqrt(2 / inputs);
  parameters[`${name}.weight`] = Float32Array.from({ length: outputs * inputs }, weight);
  parameters[`${name}.bias`] = new Float32Array(outputs);
}

function network(build) {
  const layer = (x, name) => {
    const weight = build.input(`${name}.weight`, "float32", layers[name]);
    const bias = build.input(`${name}.bias`, "float32", [layers[name][0]]);
    return build.gemm(x, weight, bias, { transB: true }); // x weight^T + bias
  };
  const points = build.input("points", "float32", ["N", 2]);
  const logits = layer(build.relu(layer(build.relu(layer(points, "first")), "second")), "last");
  const { nll, correct } = build.crossEntropy(logits, build.input("labels", "int32", ["N"]));
  return { loss: build.mean(nll), accuracy: build.mean(correct), logits };
}

function spirals(N) {
  const labels = Int32Array.from({ length: N }, () => random.integer(2));
  const points = Array.from(labels, (label) => {
    const radius = Math.sqrt(random.uniform());
    const angle = 9 * radius + label * Math.PI;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return [{ points: Float32Array.from(points.flat()), labels }, { N }];
}

const trainer = await engine.createTrainer(device, network, parameters, { learningRate: 0.01 });
for (let step = 1; step <= 200; step++) {
  const { loss, arrays } = await trainer.step(...spirals(128));
  const [accuracy] = arrays.accuracy.data;
  if (step % 50 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}, accuracy ${accuracy}`);
}

// The trained network alone, as an ONNX file: write these bytes to network.onnx to use it elsewhere.
const { logits } = network(engine.createBuilder());
const model = engine.toOnnx("spirals", { logits }, "portable");
const file = engine.selfContainedOnnx(model, await trainer.parameters());
const session = await device.load("spirals", file);
const [{ points, labels }, { N }] = spirals(1000);
const inputs = { points: { type: "float32", shape: [N, 2], data: points } };
const { data } = (await session.run(inputs, ["logits"])).arrays.logits;
const right = labels.filter((label, i) => data[2 * i + label] > data[2 * i + 1 - label]).length;
console.log(`${right} of ${N} new points are right, by a file of ${file.length} bytes`);
for (const open of [session, trainer]) await open.dispose();
