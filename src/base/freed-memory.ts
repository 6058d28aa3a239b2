/** Memory given back at once, where garbage collection would come too late. */

const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();

/**
 * Frees the memory under an array of its own; the array is empty from then on. Buffers of megabytes that pile up until garbage is collected
 * would decide the peak of a process. What is transferred to a port that leads nowhere is dropped at once (`ArrayBuffer.prototype.transfer`
 * would do the same, from Node 22 on). A view of a part of a buffer, or of memory that threads share, is left alone.
 */
export function freeMemory({ buffer, byteLength }: ArrayBufferView): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) return;
  nowhere.postMessage(undefined, [buffer]);
}
