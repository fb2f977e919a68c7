import { bytesOf } from './byteWriter.ts';

const SLOTS = 8192;
const seconds = new Float64Array(SLOTS).fill(-1);
const texts = new Array<string>(SLOTS).fill('');
const bytes = new Array<Uint8Array>(SLOTS).fill(bytesOf(''));

function slotOf(ms: number): number {
  const second = Math.floor(ms / 1000);
  const slot = Math.abs(second) % SLOTS;
  if (seconds[slot] !== second) {
    seconds[slot] = second;
    texts[slot] = new Date(second * 1000).toISOString().slice(0, 19) + 'Z';
    bytes[slot] = bytesOf(texts[slot]);
  }
  return slot;
}

/** A time as Kubernetes prints it, cut to whole seconds: `2026-11-21T11:26:46Z`. */
export function timeText(ms: number): string {
  return texts[slotOf(ms)];
}

/** The same as bytes. */
export function timeBytes(ms: number): Uint8Array {
  return bytes[slotOf(ms)];
}
