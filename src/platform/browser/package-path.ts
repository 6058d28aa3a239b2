/** Where a page keeps what the package has on disk, in place of `platform/package-path.ts`. */

export function packagePath(name: string): string {
  return `/l3masking/${name}`;
}
