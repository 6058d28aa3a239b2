import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { arrayScript, logFile, mergeScript, type ScriptPlace } from "./batch-script.js";

const at = temporaryFolder();
const place: ScriptPlace = {
  node: "/opt/node 20/bin/node",
  program: "/opt/l3/main.js",
  folder: "/shared/it's 100%/sample",
  workingFolder: "/shared",
  cacheFolder: "/shared/cache",
  threads: 4,
};
const tickets = "/shared/it's 100%/sample/slurm/tickets.jsonl";

const isWindows = process.platform === "win32";

describe.skipIf(isWindows)("the script of a job array", () => {
  it("tells Slurm to send USR2 to the script itself, and to queue it again", () => {
    const lines = arrayScript(place, { tickets }).split("\n");
    expect(lines.filter((line) => /^#[!S]/.test(line))).toEqual([
      "#!/bin/bash",
      '#SBATCH --job-name="l3masking sample"',
      `#SBATCH --output="/shared/it's 100%%/sample/slurm/logs/%A_%a.log"`,
      "#SBATCH --open-mode=append",
      "#SBATCH --requeue",
      "#SBATCH --cpus-per-task=4",
      "#SBATCH --signal=B:USR2@120",
    ]);
    expect(lines).toContain("export L3MASKING_CACHE=/shared/cache");
    expect(logFile(place.folder, 17, 3)).toBe("/shared/it's 100%/sample/slurm/logs/17_3.log");
  });

  it("leaves the processors to Slurm where none are asked for, and says how many run at once", () => {
    const script = arrayScript({ ...place, threads: undefined }, { tickets, atOnce: 8 });
    expect(script).not.toContain("cpus-per-task");
    expect(script).toContain("--array=0-LAST%8");
  });
});

describe.skipIf(isWindows)("the script of the report", () => {
  it("runs the words as they are", () => {
    const script = mergeScript(place, ["compare", "--merge", "it's"]);
    expect(script).toContain(
      `exec '/opt/node 20/bin/node' /opt/l3/main.js compare --merge 'it'\\''s'\n`,
    );
    expect(script).toContain(`slurm/logs/%j.log"`);
    expect(spawnSync("bash", ["-n"], { input: script }).status).toBe(0);
  });
});

let scripts = 0;

/** The script with programs that stand for ours and for scontrol; they note how they are called. */
function runnable(ours: string, trap = "true") {
  const folder = at(`script-${scripts++}`);
  const program = `${folder}.program`;
  const path = `${folder}.bin`;
  const notes = `${folder}.notes`;
  spawnSync("mkdir", ["-p", folder, path]);
  writeFileSync(program, `${trap}\necho "$*" >>'${notes}'\n${ours}\n`);
  writeFileSync(join(path, "scontrol"), `#!/bin/sh\necho "scontrol $*" >>'${notes}'\n`);
  chmodSync(join(path, "scontrol"), 0o755);
  const there = { ...place, node: "/bin/bash", program, folder, workingFolder: folder };
  writeFileSync(`${folder}.sh`, arrayScript(there, { tickets: "tickets.jsonl" }));
  const child = spawn("bash", [`${folder}.sh`, "40"], {
    stdio: "ignore",
    env: {
      PATH: `${path}:${process.env.PATH}`,
      SLURM_JOB_ID: "17",
      SLURM_ARRAY_JOB_ID: "17",
      SLURM_ARRAY_TASK_ID: "2",
    },
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const noted = () => (existsSync(notes) ? readFileSync(notes, "utf8").trimEnd().split("\n") : []);
  const begun = async () => {
    while (noted().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { child, ended, begun, notes: noted, folder };
}

/** Saves for a moment when it is stopped, as a run does. */
const saves = 'trap "sleep 0.1; exit 130" TERM';
/** Half a minute at most, should nobody stop it. */
const goesOn = "for i in $(seq 600); do sleep 0.05; done";

describe.skipIf(isWindows)("a task", () => {
  it("trains its ticket, and ends as the run does", async () => {
    const { ended, notes, folder } = runnable("exit 5");
    expect(await ended).toBe(5);
    expect(notes()).toEqual([`compare --output-dir ${folder} --ticket tickets.jsonl#43`]);
  });

  it("is queued again by its own number when its time ends, once the run has saved", async () => {
    const { child, ended, begun, notes } = runnable(goesOn, saves);
    await begun();
    child.kill("SIGUSR2");
    expect(await ended).toBe(130);
    expect(notes()[1]).toBe("scontrol requeue 17_2");
  });

  it("is not queued again when it is cancelled, nor when the run ends by itself after all", async () => {
    const cancelled = runnable(goesOn, saves);
    await cancelled.begun();
    cancelled.child.kill("SIGTERM");
    expect(await cancelled.ended).toBe(130);
    expect(cancelled.notes().length).toBe(1);

    const finished = runnable(goesOn, 'trap "exit 0" TERM');
    await finished.begun();
    finished.child.kill("SIGUSR2");
    expect(await finished.ended).toBe(0);
    expect(finished.notes().length).toBe(1);
  });
});
