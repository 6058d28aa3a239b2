/** Cost against size as an SVG file: what was measured, and the law fitted to it. */
import { standaloneChart } from "../src/results/report/charts/chart.js";
import { lineChart } from "../src/results/report/charts/line-chart.js";
import type { Series } from "./results.js";

/** Places at which the fitted curve is drawn. */
const CURVE_POINTS = 40;

export function scalingPlot(series: Series): string {
  const { title, sizeTitle, points, origin, factor, exponent } = series;
  const largest = Math.max(...points.map(({ size }) => size));
  const fitted = Array.from({ length: CURVE_POINTS }, (_, index) => {
    const onTop = ((index + 1) / CURVE_POINTS) * (largest - origin.size);
    return { x: origin.size + onTop, y: origin.cost + factor * onTop ** exponent };
  });
  const fit = `fit: exponent ${exponent.toFixed(2)}`;
  const chart = lineChart(
    [
      { name: fit, style: 0, points: fitted },
      {
        name: "measured",
        style: 2,
        points: points.map(({ size, cost }) => ({ x: size, y: cost })),
      },
    ],
    {
      title,
      description: `Seconds against ${sizeTitle}: ${points.map(({ size, cost }) => `${size}: ${cost.toFixed(2)} s`).join(", ")}; ${fit}`,
      xTitle: sizeTitle,
      yTitle: "time (s)",
      yFormat: (value, decimals) => value.toFixed(decimals),
      yIncludes: [0],
    },
  );
  return standaloneChart(chart);
}
