/** Which commit of which repository a model came from; stands in config.json and metrics.json of a run. */
export interface ModelOrigin {
  /** `org/name` on the hub. */
  readonly repository: string;
  /** The branch, tag or commit that was asked for. */
  readonly revision: string;
  readonly commit: string;
}
