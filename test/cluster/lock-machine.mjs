/**
 * Three workers of `lock-worker.mjs`, of which one now and then is stopped with the folder in its hands, for longer than the lease, or killed and begun again. Prints
 * what they print, together.
 *
 *     node lock-machine.mjs FOLDER LOG SECONDS TOUCH_MS SILENCE_MS
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [folder, log, seconds, touch, silence] = process.argv.slice(2);
const worker = fileURLToPath(new URL("lock-worker.mjs", import.meta.url));
const end = performance.now() + Number(seconds) * 1000;
const sums = { host: hostname(), stopped: 0, killed: 0 };
let running = 0;

/** Does a process of this machine hold the folder? */
function holds(pid) {
  try {
    const lock = join(folder, "l3masking.lock");
    const [id] = readdirSync(lock);
    const holder = JSON.parse(readFileSync(join(lock, id, "holder.json"), "utf8"));
    return holder.pid === pid && holder.pid_space.endsWith(readlinkSync("/proc/self/ns/pid"));
  } catch {
    return false;
  }
}

function start(index, generation = 0) {
  const left = (end - performance.now()) / 1000;
  if (left < 1) return;
  const ownLog = `${log}-${index}-${generation}`;
  const words = [worker, folder, ownLog, String(left), touch, silence];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  running += 1;
  let out = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  let timer;
  let kill = false;
  const disturb = () => {
    if (kill) {
      sums.killed += 1;
      child.kill("SIGKILL");
      return;
    }
    child.kill("SIGSTOP");
    if (!holds(child.pid)) {
      child.kill("SIGCONT");
      timer = setTimeout(disturb, 20);
      return;
    }
    sums.stopped += 1;
    timer = setTimeout(() => {
      child.kill("SIGCONT");
      disturbLater();
    }, Number(silence) * 2);
  };
  const disturbLater = () => {
    kill = Math.random() < 0.3;
    timer = setTimeout(disturb, 5000 + Math.random() * 15000);
  };
  disturbLater();
  child.on("close", () => {
    clearTimeout(timer);
    running -= 1;
    for (const [what, count] of Object.entries(JSON.parse(out || "{}"))) {
      sums[what] = (sums[what] ?? 0) + count;
    }
    start(index, generation + 1);
    if (running === 0) console.log(JSON.stringify(sums));
  });
}

for (const index of [0, 1, 2]) start(index);
