/** Paths of a page's files, in place of `platform/paths.ts`: with slashes, from the root `/`, which is also the current folder. */

export const sep = "/";

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Without empty steps, "." and, where something is above, "..". */
function normalized(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (!isAbsolute(path)) steps.push(step);
  }
  return (isAbsolute(path) ? "/" : "") + steps.join("/");
}

export function join(...parts: string[]): string {
  const path = parts.filter((part) => part !== "").join("/");
  const whole = normalized(path) || ".";
  return path.endsWith("/") && !whole.endsWith("/") ? `${whole}/` : whole;
}

export function resolve(...parts: string[]): string {
  const last = parts.findLastIndex(isAbsolute);
  return normalized(`/${parts.slice(Math.max(0, last)).join("/")}`);
}

export function dirname(path: string): string {
  const bare = path.replace(/(?<=.)\/+$/, "");
  const slash = bare.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : bare.slice(0, slash).replace(/(?<=.)\/+$/, "");
}

export function basename(path: string): string {
  const bare = path.replace(/\/+$/, "");
  return bare.slice(bare.lastIndexOf("/") + 1);
}

export function relative(from: string, to: string): string {
  const [start, end] = [from, to].map((path) => resolve(path).split("/").filter(Boolean));
  let same = 0;
  while (same < start.length && same < end.length && start[same] === end[same]) same += 1;
  return [...start.slice(same).map(() => ".."), ...end.slice(same)].join("/");
}

export function fileUrl(path: string): URL {
  const steps = resolve(path).split("/").map(encodeURIComponent);
  return new URL(`file://${steps.join("/")}`);
}
