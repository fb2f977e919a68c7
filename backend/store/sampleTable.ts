import { objectKey, type Column, type Table } from '../model/batch.ts';

/** Use between two samples, and when: `timestampMs` is the time of the later one, `windowMs` what lies between them. */
export interface UsageSample {
  readonly timestampMs: number;
  readonly windowMs: number;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

/** A container of a pod with its use; `usage` is missing while there is no pair of samples, or no memory. */
export interface ContainerSample {
  readonly container: string;
  readonly usage?: UsageSample;
}

/** A container that is younger than this has too little behind it for a rate from its start. */
const LEAST_FRESH_MS = 10_000;

/** The newest samples of one table of one node. Never changed once made. */
export class SampleTable {
  private readonly keys: readonly string[];
  /** Rows in the order of their keys. Shared by all rounds with the same list of objects. */
  private readonly order: Uint32Array;
  /** 1 where the kubelet reported the object. */
  private readonly reported: Uint8Array;
  private readonly timesMs: Float64Array;
  private readonly startsMs: Float64Array;
  private readonly windowsMs: Float64Array;
  private readonly nanocores: Float64Array;
  private readonly memory: Float64Array;
  private readonly counters: Float64Array;
  private readonly wideCounters = new Map<number, bigint>();

  private constructor(keys: readonly string[], order: Uint32Array) {
    const rows = keys.length;
    const column = (): Float64Array => new Float64Array(rows).fill(NaN);
    this.keys = keys;
    this.order = order;
    this.reported = new Uint8Array(rows);
    this.timesMs = column();
    this.startsMs = column();
    this.windowsMs = column();
    this.nanocores = column();
    this.memory = column();
    this.counters = column();
  }

  /**
   * The samples of a table, compared with those before. An object that started within `freshWithinMs` of its first sample
   * is measured from its start, where its counter was 0.
   */
  static after(before: SampleTable | undefined, table: Table | undefined, freshWithinMs: number): SampleTable {
    const keys = table?.keys ?? [];
    const isSameList = before !== undefined && before.keys === keys;
    const made = new SampleTable(keys, isSameList ? before.order : orderOf(keys));
    for (let row = 0; row < keys.length; row++) {
      if (table!.names[row]?.reported !== false) {
        made.take(row, table!);
        made.compare(row, before, isSameList ? row : (before?.rowOf(keys[row]) ?? -1), freshWithinMs);
      }
    }
    return made;
  }

  find(key: string): UsageSample | undefined {
    const row = this.rowOf(key);
    return row < 0 ? undefined : this.usageOf(row);
  }

  /** The reported containers of a pod, sorted by name. */
  containersOf(namespace: string, pod: string): ContainerSample[] {
    const prefix = objectKey(namespace, pod, '');
    const found: ContainerSample[] = [];
    for (let at = this.firstFrom(prefix); at < this.order.length; at++) {
      const row = this.order[at];
      const key = this.keys[row];
      if (!key.startsWith(prefix)) {
        break;
      }
      if (this.reported[row] === 1) {
        found.push({ container: key.slice(prefix.length), usage: this.usageOf(row) });
      }
    }
    return found;
  }

  private take(row: number, { columns, sampleTimesMs, startTimesMs }: Table): void {
    const counter = columns.get('cpu/usage');
    const wide = counter?.wide?.get(row);
    if (wide !== undefined) {
      this.wideCounters.set(row, wide);
    }
    this.reported[row] = 1;
    this.timesMs[row] = sampleTimesMs.cpu[row];
    this.startsMs[row] = startTimesMs[row];
    this.counters[row] = amountOf(counter, row);
    this.memory[row] = amountOf(columns.get('memory/working_set'), row);
  }

  private compare(row: number, before: SampleTable | undefined, rowBefore: number, freshWithinMs: number): void {
    const timeMs = this.timesMs[row];
    const ageMs = timeMs - this.startsMs[row];
    if (ageMs >= LEAST_FRESH_MS && ageMs < freshWithinMs) {
      this.setRate(row, this.counters[row], ageMs);
      return;
    }
    const timeBeforeMs = before && rowBefore >= 0 ? before.timesMs[rowBefore] : NaN;
    const isRestarted = this.startsMs[row] >= timeBeforeMs;
    if (!before || isRestarted) {
      return;
    }
    if (timeMs === timeBeforeMs) {
      this.copy(row, before, rowBefore);
    } else if (timeMs > timeBeforeMs) {
      this.setRate(row, this.gained(row, before, rowBefore), timeMs - timeBeforeMs);
    }
  }

  /** The same sample again: what was known of it stays. */
  private copy(row: number, before: SampleTable, rowBefore: number): void {
    this.windowsMs[row] = before.windowsMs[rowBefore];
    this.nanocores[row] = before.nanocores[rowBefore];
    this.counters[row] = before.counters[rowBefore];
    const wide = before.wideCounters.get(rowBefore);
    if (wide === undefined) {
      this.wideCounters.delete(row);
    } else {
      this.wideCounters.set(row, wide);
    }
  }

  private gained(row: number, before: SampleTable, rowBefore: number): number {
    const now = this.wideCounters.get(row);
    const then = before.wideCounters.get(rowBefore);
    if (now === undefined && then === undefined) {
      return this.counters[row] - before.counters[rowBefore];
    }
    const isKnown = !Number.isNaN(this.counters[row]) && !Number.isNaN(before.counters[rowBefore]);
    return isKnown ? Number((now ?? BigInt(this.counters[row])) - (then ?? BigInt(before.counters[rowBefore]))) : NaN;
  }

  /** A counter that fell gives no rate. */
  private setRate(row: number, gainedNs: number, windowMs: number): void {
    if (gainedNs >= 0) {
      this.windowsMs[row] = windowMs;
      this.nanocores[row] = Math.floor((gainedNs * 1000) / windowMs);
    }
  }

  private usageOf(row: number): UsageSample | undefined {
    const [cpuNanocores, memoryBytes] = [this.nanocores[row], this.memory[row]];
    return Number.isNaN(cpuNanocores) || Number.isNaN(memoryBytes) || Number.isNaN(this.counters[row])
      ? undefined
      : { timestampMs: this.timesMs[row], windowMs: this.windowsMs[row], cpuNanocores, memoryBytes };
  }

  private rowOf(key: string): number {
    const row = this.order[this.firstFrom(key)];
    return row !== undefined && this.keys[row] === key ? row : -1;
  }

  /** Where the first key stands in the order that is not before `key`. */
  private firstFrom(key: string): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.keys[this.order[middle]] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/** A kubelet that has not measured yet says 0; nothing that runs has used no CPU at all, or takes no memory. */
function amountOf(column: Column | undefined, row: number): number {
  const value = column ? column.values[row] : NaN;
  return value > 0 ? value : NaN;
}

function orderOf(keys: readonly string[]): Uint32Array {
  const order = Uint32Array.from(keys.keys());
  return order.sort((one, other) => (keys[one] < keys[other] ? -1 : 1));
}
