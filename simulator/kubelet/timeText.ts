const SLOTS = 8192;
const cachedSecond = new Float64Array(SLOTS).fill(-1);
const cachedText = new Array<string>(SLOTS).fill('');

/** A time as Kubernetes prints it, cut to whole seconds: `2026-11-21T11:26:46Z`. */
export function timeText(ms: number): string {
  const second = Math.floor(ms / 1000);
  const slot = Math.abs(second) % SLOTS;
  if (cachedSecond[slot] !== second) {
    cachedSecond[slot] = second;
    cachedText[slot] = new Date(second * 1000).toISOString().slice(0, 19) + 'Z';
  }
  return cachedText[slot];
}
