/** Against scikit-learn (scripts/golden/metrics.py). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { orderCells, orderOf, orderTexts } from "./order-measures.js";

const golden = z
  .object({
    order: z.array(
      z.object({
        name: z.string(),
        scale: z.array(z.number()),
        expected: z.array(z.int()),
        predicted: z.array(z.int()),
        meanAbsoluteError: z.number(),
        quadraticKappa: z.number().nullable(),
      }),
    ),
  })
  .parse(
    JSON.parse(readFileSync(new URL("../../../test/golden/metrics.json", import.meta.url), "utf8")),
  );

describe("measures of ordered labels", () => {
  it.each(golden.order)("are those of scikit-learn: $name", (given) => {
    const { expected, predicted, scale } = given;
    const found = orderOf(expected, predicted, scale);
    expect(found?.mean_absolute_error).toBeCloseTo(given.meanAbsoluteError, 12);
    if (given.quadraticKappa === null) expect(found?.quadratic_kappa).toBeNull();
    else expect(found?.quadratic_kappa).toBeCloseTo(given.quadraticKappa, 12);
  });

  it("leave out texts with a label that the training set lacks", () => {
    const scale = [1, 2, 3];
    expect(orderOf([-1, 0, 2, 1], [2, 1, 2, 1], scale)).toEqual(
      orderOf([0, 2, 1], [1, 2, 1], scale),
    );
    expect(orderOf([-1], [2], scale)).toEqual({ mean_absolute_error: null, quadratic_kappa: null });
  });

  it("are absent where labels have no order, and say where one is undefined", () => {
    expect(orderOf([0], [0], undefined)).toBeUndefined();
    expect(orderTexts({ mean_absolute_error: 0.5, quadratic_kappa: null })).toEqual([
      "mean absolute error 0.500",
      "quadratic kappa undefined",
    ]);
    expect(orderCells(undefined)).toEqual(["", ""]);
  });
});
