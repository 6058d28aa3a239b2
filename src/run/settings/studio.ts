/** Settings of `studio`. */
import { z } from "zod";
import { text } from "./kinds.js";
import { setting } from "./setting.js";

const studio = { commands: ["studio"], heading: "Model and files", identity: "none" } as const;
const data = { ...studio, type: text().optional(), placeholder: "file", reads: true } as const;

export const studioSettings = [
  setting({
    name: "trainFile",
    ...data,
    description: "Labelled texts to begin with; the page takes files too",
  }),
  setting({
    name: "validationFile",
    ...data,
    description: "Labelled development texts to begin with",
  }),
  setting({ name: "testFile", ...data, description: "Labelled test texts to begin with" }),
  setting({
    name: "folder",
    ...studio,
    type: text().default("studio"),
    placeholder: "folder",
    description: "Where data, corrections and runs are kept, to go on with another time",
  }),
  setting({
    name: "runs",
    ...studio,
    type: text().optional(),
    placeholder: "folder",
    reads: true,
    description:
      "Folder with runs of train that the page lists and shows too, also while they are trained",
  }),
  setting({
    name: "port",
    ...studio,
    type: z.int().min(0).max(65535).default(0),
    description: "Port of this machine to listen on; 0 picks a free one",
  }),
  setting({
    name: "open",
    ...studio,
    type: z.boolean().default(true),
    description: "Open the page in the browser",
  }),
];
