/** All hostile files. */
import type { HostileCase } from "./case.js";
import { checkpointCases } from "./checkpoint-cases.js";
import { parquetFooterCases } from "./parquet-footer-cases.js";
import { parquetPageCases } from "./parquet-page-cases.js";
import { slowTableCases, tableCases } from "./table-cases.js";
import { tokenizerFileCases } from "./tokenizer-cases.js";
import { torchCases } from "./torch-cases.js";

export const hostileCases: readonly HostileCase[] = [
  ...checkpointCases,
  ...torchCases,
  ...tokenizerFileCases,
  ...tableCases,
  ...parquetFooterCases,
  ...parquetPageCases,
];

/** Those that take seconds or hundreds of megabytes each. */
export const slowCases: readonly HostileCase[] = slowTableCases;
