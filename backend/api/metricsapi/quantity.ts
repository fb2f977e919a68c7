const DECIMAL = ['n', 'u', 'm', '', 'k', 'M'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

/** CPU as Kubernetes writes it: in the largest unit, from nanocores up, that leaves a whole number. */
export function cpuQuantity(nanocores: number): string {
  return nanocores === 0 ? '0' : inLargestUnit(nanocores, 1000, DECIMAL);
}

/** Bytes as Kubernetes writes them: in the largest binary unit that leaves a whole number. */
export function memoryQuantity(bytes: number): string {
  return inLargestUnit(bytes, 1024, BINARY);
}

function inLargestUnit(amount: number, step: number, units: readonly string[]): string {
  let unit = 0;
  let rest = amount;
  while (rest !== 0 && rest % step === 0 && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  return `${rest}${units[unit]}`;
}

/** A duration as Go writes it: `1m0s`, `15.87s`, `500ms`. */
export function goDuration(durationMs: number): string {
  const wholeMs = Math.round(durationMs);
  if (wholeMs === 0) {
    return '0s';
  }
  if (wholeMs < 1000) {
    return `${wholeMs}ms`;
  }
  const minutes = Math.floor(wholeMs / 60_000);
  const seconds = `${(wholeMs % 60_000) / 1000}s`;
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${seconds}`;
}

/** A time as the API writes it: whole seconds of UTC. */
export function apiTime(timestampMs: number): string {
  return `${new Date(timestampMs).toISOString().slice(0, 19)}Z`;
}
