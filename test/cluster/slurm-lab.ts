/** A real Slurm on this machine: a controller, and two nodes that are daemons in UTS and PID namespaces of their own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";

/** Debian keeps daemons where the path of people does not lead. */
const path = `${process.env.PATH}:/usr/sbin:/sbin`;

const programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "unshare"];

/** Why there can be no lab here; undefined if there can. */
export function labMissing(): string | undefined {
  if (process.platform !== "linux") return "Slurm's nodes need the namespaces of Linux";
  if (process.getuid?.() !== 0) return "starting Slurm's daemons needs root";
  const environment = { ...process.env, PATH: path };
  const missing = programs.filter(
    (name) => spawnSync("which", [name], { env: environment }).status !== 0,
  );
  if (missing.length > 0) {
    return `no ${missing.join(", ")}: apt-get install slurmctld slurmd slurm-client munge`;
  }
  const unshared = spawnSync("unshare", ["--uts", "--pid", "--fork", "--mount-proc", "true"]);
  return unshared.status === 0 ? undefined : "unshare is not permitted here";
}

export type LabNode = "n1" | "n2";

export interface SlurmLab {
  /** For those who call Slurm's commands. */
  readonly environment: NodeJS.ProcessEnv;
  /** A command of Slurm; gives what it prints. */
  call(name: string, ...words: string[]): string;
  /** A power cut: everything in the node's namespace is gone at once. */
  kill(node: LabNode): void;
  /** Ends all daemons and their jobs. */
  stop(): void;
  /** The end of the daemons' logs. */
  logs(): string;
}

/** Starts it in a new folder; the nodes are idle then. */
export async function startSlurmLab(folder: string): Promise<SlurmLab> {
  for (const name of ["state", "n1", "n2"]) mkdirSync(join(folder, name), { recursive: true });
  const ports = await freePorts(3);
  const configuration = join(folder, "slurm.conf");
  writeFileSync(configuration, slurmConf(folder, ports));
  const environment = { ...process.env, PATH: path, SLURM_CONF: configuration };
  const children: ChildProcess[] = [];
  const start = (name: string, program: string, words: readonly string[]) => {
    const log = openSync(join(folder, `${name}.log`), "a");
    const options = { env: environment, stdio: ["ignore", log, log] as const, detached: true };
    const child = spawn(program, words, { ...options, stdio: [...options.stdio] });
    closeSync(log);
    children.push(child);
    return child;
  };
  const call = (name: string, ...words: string[]) =>
    execFileSync(name, words, { env: environment, encoding: "utf8" });

  execFileSync("dd", ["if=/dev/urandom", `of=${folder}/munge.key`, "bs=128", "count=1"], {
    stdio: "ignore",
  });
  execFileSync("chmod", ["600", `${folder}/munge.key`]);
  const munge = ["key-file=munge.key", "socket=munge.socket", "pid-file=munge.pid"];
  const mungeFiles = [...munge, "log-file=munged.log", "seed-file=munge.seed"];
  const mungeWords = mungeFiles.map((word) => `--${word.replace("=", `=${folder}/`)}`);
  start("munge", "munged", ["--foreground", "--force", ...mungeWords]);
  await until("munge answers", () => {
    const words = ["--no-input", `--socket=${folder}/munge.socket`];
    return spawnSync("munge", words, { env: environment }).status === 0;
  });
  start("slurmctld", "slurmctld", ["-D", "-f", configuration]);
  const startNode = (node: LabNode) => {
    const script = `hostname ${node}.lab && exec slurmd -D -N ${node} -f ${configuration}`;
    const namespaces = ["--uts", "--pid", "--fork", "--mount-proc", "--kill-child"];
    return start(node, "unshare", [...namespaces, "sh", "-c", script]);
  };
  const nodes = { n1: startNode("n1"), n2: startNode("n2") };
  const logs = () =>
    ["slurmctld", "n1", "n2"]
      .map((name) => readFileSync(join(folder, `${name}.log`), "utf8").slice(-3000))
      .join("\n");
  const stop = () => {
    spawnSync("scancel", ["--quiet", "--user=root"], { env: environment });
    for (const child of children.reverse()) child.kill("SIGKILL");
    rmSync(join(folder, "state"), { recursive: true, force: true });
  };
  try {
    await until("both nodes are idle", () => {
      const words = ["--noheader", "--Node", "--states=idle"];
      const { stdout } = spawnSync("sinfo", words, { env: environment, encoding: "utf8" });
      return stdout.trim().split("\n").length === 2;
    });
  } catch (error) {
    stop();
    throw new Error(logs(), { cause: error });
  }
  return { environment, call, kill: (node) => nodes[node].kill("SIGKILL"), stop, logs };
}

function slurmConf(folder: string, [controller, first, second]: readonly number[]): string {
  const host = hostname().split(".")[0];
  const node = (name: string, port: number) =>
    `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port} CPUs=2 CoresPerSocket=2 State=UNKNOWN\n`;
  return `ClusterName=lab
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
ReturnToService=2
MailProg=/bin/true
SlurmdTimeout=10
KillWait=5
MaxArraySize=8
JobRequeue=1
${node("n1", first)}${node("n2", second)}PartitionName=low Nodes=n1,n2 Default=YES MaxTime=60 DefaultTime=30 State=UP
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve, reject) => {
        server.once("listening", () => {
          const address = server.address();
          if (address === null || typeof address === "string") reject(new Error("no port"));
          else resolve(address.port);
        });
      }),
  );
  const found = await Promise.all(ports);
  for (const server of servers) server.close();
  return found;
}

/** Waits for a condition, at most half a minute unless told otherwise. */
export async function until(
  what: string,
  holds: () => boolean,
  milliseconds = 30_000,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what}: not after ${milliseconds / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
