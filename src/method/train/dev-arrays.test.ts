import { describe, expect, it } from "vitest";
import type { Parameter } from "../../model/parameters.js";
import { devArrays } from "./dev-arrays.js";
import { createDropoutMasks } from "./dropout-masks.js";
import { createParameterStore } from "./parameter-store.js";
import { metaSlots } from "./task-gradients.js";
import { hostParameters } from "./trained-parameters.js";

const parameter = (name: string, part: Parameter["part"]): Parameter => {
  return { name, shape: [3], part, decay: true, initial: "zeros" };
};

describe("devArrays", () => {
  it("are the dev slot for the body, and the dev head's own for the dev head", () => {
    const classifier = parameter("head", "classification-head");
    const extraSlots = metaSlots;
    const store = createParameterStore([parameter("a", "body"), classifier], { extraSlots });
    const devHead = createParameterStore([classifier]);
    const masks = createDropoutMasks(0, { dropout: 0.1, attentionDropout: 0.1 });
    const model = hostParameters(store);
    const { weights, gradients } = devArrays(model, hostParameters(devHead), masks);
    expect(weights("a")).toBe(store.weight("a"));
    expect(weights("head")).toBe(devHead.weight("head"));
    expect(gradients("a")).toBe(store.view("dev", "a"));
    expect(gradients("head")).toBe(devHead.gradient("head"));
  });
});
