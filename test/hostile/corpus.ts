/** All hostile files. */
import type { HostileCase } from "./case.js";
import { checkpointCases } from "./checkpoint-cases.js";
import { parquetCases } from "./parquet-cases.js";
import { largeTableCases, tableCases } from "./table-cases.js";
import { tokenizerFileCases } from "./tokenizer-cases.js";
import { torchCases } from "./torch-cases.js";

export const hostileCases: readonly HostileCase[] = [
  ...checkpointCases,
  ...torchCases,
  ...tokenizerFileCases,
  ...tableCases,
  ...parquetCases,
];

/** Those that take seconds or hundreds of megabytes each. */
export const largeCases: readonly HostileCase[] = largeTableCases;
