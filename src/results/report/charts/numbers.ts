/** The numbers that a chart draws, as they are written to a file beside its page. */

/** A point, a bar, a column or a cell. */
export interface ChartPoint {
  /** Absent where the chart has one without a name. */
  readonly series?: string;
  readonly x: number | string;
  /** Where a column that begins at x ends. */
  readonly xEnd?: number;
  /** Absent for a line across the chart at x. */
  readonly y?: number;
  /** Ends of the band or whisker around y. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface ChartNumbers {
  /** What x is, as the chart says it, with the unit; empty for names that the chart lists without a title. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly ChartPoint[];
}
