/** A real Redis (or Valkey) server on this machine, which can be stopped and started anew with what it held. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createConnection, createServer } from "node:net";

const server = ["redis-server", "valkey-server"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

/** Why there can be no server here; undefined if there can. */
export const redisMissing =
  server === undefined ? "no redis-server: apt-get install redis-server" : undefined;

export interface RedisLab {
  readonly address: string;
  readonly port: number;
  /** Ends the server as the system does at a shutdown: what it holds is on disk. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface RedisOptions {
  readonly folder: string;
  readonly port?: number;
  /** Is the connection encrypted? */
  readonly tls?: boolean;
  /** Further words, such as `--requirepass secret`. */
  readonly words?: readonly string[];
}

/** Starts a server; what it writes goes to the folder. */
export async function startRedis({
  folder,
  tls = false,
  ...options
}: RedisOptions): Promise<RedisLab> {
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  let child: ChildProcess | undefined;
  const ended = () =>
    new Promise<void>((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once("exit", () => resolve());
    });
  const lab: RedisLab = {
    address: `${tls ? "rediss" : "redis"}://127.0.0.1:${port}`,
    port,
    async stop() {
      child?.kill("SIGTERM");
      await ended();
    },
    async kill() {
      child?.kill("SIGKILL");
      await ended();
    },
    async start() {
      const ports = tls ? ["--port", "0", "--tls-port", String(port)] : ["--port", String(port)];
      const words = [...ports, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"];
      child = spawn(server ?? "", [...words, "--save", "", ...(options.words ?? [])], {
        stdio: "ignore",
      });
      await listening(port);
    },
  };
  await lab.start();
  return lab;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: "127.0.0.1" });
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no server came up at port ${port}`);
}
