/** What a page asks of its worker. Each request brings the port that its answers go to (`Answer` in `../messages.ts`). */
import { z } from "zod";
import { type PortableCommand, portable } from "../../commands/portable.js";

/** The part of a browser's port that is used; Node's has another form. */
export interface PagePort {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  start(): void;
}

const port = z.custom<PagePort>((value) => value instanceof MessagePort);
const blob = z.custom<Blob>((value) => value instanceof Blob);
const path = z.string();

/** Pages that are not isolated from other origins share no memory. */
const sharesMemory = typeof SharedArrayBuffer !== "undefined";
const stop = z.custom<SharedArrayBuffer>(
  (value) => sharesMemory && value instanceof SharedArrayBuffer,
);

export const workRequest = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("open"),
    port,
    /** Name of the storage that keeps the files; in memory where absent. */
    storage: z.string().exactOptional(),
    /** Address of the shipped model's folder. */
    model: z.string(),
  }),
  z.strictObject({
    action: z.literal("call"),
    port,
    command: z.custom<PortableCommand>((name) => typeof name === "string" && name in portable),
    given: z.unknown(),
    /** One Int32: 0, or what is asked of the call (`asks`). Where memory cannot be shared, and besides, the name of it comes as a message at the port. */
    stop: stop.exactOptional(),
  }),
  z.strictObject({ action: z.literal("facts"), port }),
  z.strictObject({ action: z.literal("read"), port, path }),
  z.strictObject({ action: z.literal("write"), port, path, content: blob }),
  z.strictObject({ action: z.literal("list"), port, path }),
  z.strictObject({ action: z.literal("remove"), port, path }),
  z.strictObject({ action: z.literal("zip"), port, path }),
]);

export type WorkRequest = z.infer<typeof workRequest>;
export type CallRequest = Extract<WorkRequest, { readonly action: "call" }>;
export type OpenRequest = Extract<WorkRequest, { readonly action: "open" }>;
export type FileRequest = Exclude<WorkRequest, { readonly action: "open" | "call" | "facts" }>;

/** What the worker has to work with. */
export interface WorkerFacts {
  readonly version: string;
  /** Of the device "cpu". */
  readonly threads: number;
  readonly hasWebgpu: boolean;
  /** Bytes of the shipped model that are still to be fetched. */
  readonly modelToFetch: number;
}
