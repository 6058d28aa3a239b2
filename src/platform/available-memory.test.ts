import { describe, expect, it } from "vitest";
import { availableMemory, leastAvailable } from "./available-memory.js";

const GIB = 2 ** 30;
const meminfo = `MemTotal:       24684000 kB
MemFree:         1000000 kB
MemAvailable:   16777216 kB
`;
const version2 = {
  "/proc/meminfo": meminfo,
  "/proc/self/cgroup": "0::/user.slice/run\n",
  "/sys/fs/cgroup/user.slice/run/memory.max": "max\n",
  "/sys/fs/cgroup/user.slice/run/memory.current": `${GIB}\n`,
  "/sys/fs/cgroup/user.slice/memory.max": `${4 * GIB}\n`,
  "/sys/fs/cgroup/user.slice/memory.current": `${3 * GIB}\n`,
  "/sys/fs/cgroup/user.slice/memory.stat": `anon 1\ninactive_file ${2 * GIB}\nactive_file 7\n`,
};
const version1 = {
  "/proc/meminfo": meminfo,
  "/proc/self/cgroup": "9:cpu:/\n4:memory:/docker/abc\n0::/\n",
  // The host's path is not mounted in the container, whose own group is the root.
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${2 * GIB}\n`,
  "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${GIB}\n`,
  "/sys/fs/cgroup/memory/memory.stat": `inactive_file 5\ntotal_inactive_file ${GIB / 2}\n`,
};

const reader = (files: Readonly<Record<string, string>>) => (path: string) => files[path];

describe("leastAvailable", () => {
  it("takes what the system calls available, not what is free", () => {
    expect(leastAvailable(reader({ "/proc/meminfo": meminfo }), 7)).toEqual({
      bytes: 16 * GIB,
      bound: "machine",
    });
  });

  it("takes what Node calls available where there is no /proc", () => {
    expect(leastAvailable(reader({}), 7)).toEqual({ bytes: 7, bound: "machine" });
  });

  it("takes the tightest control group of version 2 up to the root, without the pages of files", () => {
    const least = leastAvailable(reader(version2), 7);
    expect(least).toEqual({ bytes: 3 * GIB, bound: "control group" });
  });

  it("takes a limit of version 1, where the group's own folder is not mounted", () => {
    const least = leastAvailable(reader(version1), 7);
    expect(least).toEqual({ bytes: 1.5 * GIB, bound: "control group" });
  });

  it("takes the machine's where a group allows more, or has no limit", () => {
    const wide = { ...version1, "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${64 * GIB}` };
    expect(leastAvailable(reader(wide), 7).bound).toBe("machine");
    // How version 1 writes "no limit".
    const none = { ...wide, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" };
    expect(leastAvailable(reader(none), 7)).toEqual({ bytes: 16 * GIB, bound: "machine" });
  });

  it("is 0, not less, for a group beyond its limit", () => {
    const full = { ...version1, "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${9 * GIB}` };
    expect(leastAvailable(reader(full), 7).bytes).toBe(0);
  });
});

describe("availableMemory", () => {
  it("is a number of bytes on this machine", () => {
    expect(availableMemory().bytes).toBeGreaterThan(2 ** 20);
  });
});
