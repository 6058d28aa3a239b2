/** What the setting calls the devices of this machine; `devices.ts` has them. */
export const deviceNames = ["cpu", "webgpu", "cuda"] as const;

export type DeviceName = (typeof deviceNames)[number];
