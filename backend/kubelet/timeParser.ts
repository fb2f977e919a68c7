/**
 * Parses the RFC 3339 times of one answer into Unix milliseconds. A kubelet stamps hundreds of items with a few dozen
 * different seconds, so what was parsed is remembered for the answer.
 */
export class TimeParser {
  private readonly known = new Map<string, number>();

  /** NaN for a missing time, for the year 1 (which Go writes for a time that was never set), and for what is no time. */
  parse(value: unknown): number {
    if (typeof value !== 'string') {
      return NaN;
    }
    let timeMs = this.known.get(value);
    if (timeMs === undefined) {
      timeMs = Date.parse(value);
      if (timeMs <= 0) {
        timeMs = NaN;
      }
      this.known.set(value, timeMs);
    }
    return timeMs;
  }
}
