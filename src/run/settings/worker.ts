/** Settings of the queue of runs, on both sides: `compare` fills it, `worker` takes from it. */
import { addressFault } from "../../base/queue-address.js";
import { integer, text } from "./kinds.js";
import { setting } from "./setting.js";

const worker = { commands: ["worker"], identity: "none" } as const;

/** A fault is told without the address, which may hold a password. */
const address = text().superRefine((given, context) => {
  const message = addressFault(given);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

export const workerSettings = [
  setting({
    name: "queue",
    commands: ["compare"],
    type: address.optional(),
    description:
      "Redis or Valkey server of --executor queue: redis://HOST:PORT, or rediss:// with TLS; user and password are in L3MASKING_QUEUE_USERNAME and L3MASKING_QUEUE_PASSWORD",
    heading: "More machines",
    placeholder: "address",
    identity: "none",
    when: { executor: "queue" },
  }),
  setting({
    name: "queue",
    ...worker,
    type: address,
    description:
      "Redis or Valkey server to take runs from: redis://HOST:PORT, or rediss:// with TLS; user and password are in L3MASKING_QUEUE_USERNAME and L3MASKING_QUEUE_PASSWORD",
    heading: "More machines",
    placeholder: "address",
  }),
  setting({
    name: "cacheDir",
    ...worker,
    type: text().optional(),
    description:
      "Folder for the models and data that were received, for likelihoods, and for the runs under way; by default L3MASKING_CACHE, else ~/.cache/l3masking",
    heading: "Model and files",
    placeholder: "folder",
    writes: "cache",
  }),
  setting({
    name: "jobs",
    ...worker,
    type: integer(1).default(1),
    description: "Runs trained at once; they share the threads evenly",
    heading: "Limits",
  }),
  setting({
    name: "maxIdle",
    ...worker,
    type: integer(1).optional(),
    description: "End when no run has come for so long; by default, wait for ever",
    heading: "Limits",
    unit: "seconds",
  }),
];
