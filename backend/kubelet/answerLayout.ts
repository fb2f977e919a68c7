import type { Clock, Column, ObjectNames, TableName } from '../model/batch.ts';
import type { AnswerScan } from './answerScan.ts';
import type { RawSummary } from './decodeSummary.ts';
import type { OpenTable } from './tableBuilder.ts';

const CLOCKS: readonly Clock[] = ['cpu', 'memory', 'network', 'io'];
const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;
const DOT = 0x2e;
const QUOTE = 0x22;
/** Characters of a time with its quotes. */
const TIME_BYTES = 22;
/** Times of a probe count seconds from here. */
const PROBE_START_MS = Date.UTC(2020);

/** A table and where its columns are among all the values of an answer; its times stand before them. */
interface TableLayout {
  readonly name: TableName;
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  readonly metrics: readonly string[];
  readonly offset: number;
}

/** Where the last scan's segments have their targets, -1 before they are found; used again by every refill. */
let nextTarget = new Int32Array(1024);
/** The refill in which each segment of a layout was found last. */
let foundIn = new Int32Array(1024);
let refills = 0;
/** Room for all values of an answer, and for those that nobody wants behind them. */
let room = new Float64Array(16_384);

/**
 * Where the numbers of a node's answers go. Two answers of a kubelet differ in their numbers and in the order of their
 * pods and containers; as long as nothing else changes, the next answer is read by scanning it for its numbers alone, and
 * its tables have the very keys and names of the last.
 */
export class AnswerLayout {
  private readonly saysNodeName: string;
  private readonly tables: readonly TableLayout[];
  private readonly valueCount: number;
  private readonly numberCount: number;
  private readonly fingerprints1: Int32Array;
  private readonly fingerprints2: Int32Array;
  /** Segment numbers plus one, found by their fingerprints; 0 where there is none. */
  private readonly slots: Int32Array;
  /** Where the targets of each segment begin. */
  private readonly firstTarget: Int32Array;
  private readonly targets: Uint16Array | Int32Array;

  private constructor(raw: RawSummary, scan: AnswerScan, targetOfNumber: Int32Array) {
    const { tables, valueCount } = layOut(raw);
    this.saysNodeName = raw.saysNodeName;
    this.tables = tables;
    this.valueCount = valueCount;
    this.numberCount = scan.numberCount;
    this.fingerprints1 = scan.fingerprints1.slice(0, scan.segmentCount);
    this.fingerprints2 = scan.fingerprints2.slice(0, scan.segmentCount);
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(scan.segmentCount * 2)));
    this.firstTarget = new Int32Array(scan.segmentCount);
    this.targets = new (valueCount < 0x10000 ? Uint16Array : Int32Array)(scan.numberCount);
    this.arrangeTargets(scan, targetOfNumber);
    for (let segment = 0; segment < scan.segmentCount; segment++) {
      this.slots[this.slotOf(this.fingerprints1[segment], this.fingerprints2[segment])] = segment + 1;
    }
  }

  /**
   * Learns the layout of an answer that was decoded as `raw` and scanned, by decoding a probe of it: the same answer with
   * its numbers counted through. Undefined if the answer cannot be read again by its numbers alone.
   */
  static learn(
    bytes: Buffer,
    scan: AnswerScan,
    raw: RawSummary,
    decode: (bytes: Buffer) => RawSummary
  ): AnswerLayout | undefined {
    if (raw.rejectedValues > 0 || raw.droppedRows > 0) {
      return undefined;
    }
    const layout = new AnswerLayout(raw, scan, targetsOf(raw, decode(probeOf(bytes, scan)), scan));
    const again = layout.refill(scan);
    return again && isEqual(again, raw) ? layout : undefined;
  }

  /**
   * What the scanned answer says; undefined if more than its numbers has changed. The values are in memory that the next
   * refill of any layout uses again.
   */
  refill(scan: AnswerScan): RawSummary | undefined {
    if (scan.numberCount !== this.numberCount || !this.findSegments(scan)) {
      return undefined;
    }
    if (room.length <= this.valueCount) {
      room = new Float64Array(this.valueCount * 2);
    }
    const values = room.fill(NaN, 0, this.valueCount);
    const { numberCount, numbers, segmentOfNumber } = scan;
    const { targets } = this;
    for (let index = 0; index < numberCount; index++) {
      values[targets[nextTarget[segmentOfNumber[index]]++]] = numbers[index];
    }
    const tables: RawSummary['tables'] = {};
    for (const layout of this.tables) {
      tables[layout.name] = tableIn(values, layout);
    }
    this.addWide(scan, tables);
    return { saysNodeName: this.saysNodeName, tables, rejectedValues: 0, droppedRows: 0 };
  }

  /** Whether the scan has each of the segments, once; sets `nextTarget` of all. */
  private findSegments(scan: AnswerScan): boolean {
    const count = this.firstTarget.length;
    if (scan.segmentCount !== count) {
      return false;
    }
    if (nextTarget.length < count) {
      nextTarget = new Int32Array(count * 2);
      foundIn = new Int32Array(count * 2);
    }
    refills++;
    for (let segment = 0; segment < count; segment++) {
      const slot = this.slotOf(scan.fingerprints1[segment], scan.fingerprints2[segment]);
      const found = this.slots[slot] - 1;
      if (found < 0 || foundIn[found] === refills) {
        return false;
      }
      foundIn[found] = refills;
      nextTarget[segment] = this.firstTarget[found];
    }
    return true;
  }

  /** The slot of a fingerprint, or the free one where it would be. */
  private slotOf(fingerprint1: number, fingerprint2: number): number {
    const mask = this.slots.length - 1;
    let slot = fingerprint2 & mask;
    for (let held = this.slots[slot]; held !== 0; held = this.slots[slot]) {
      if (this.fingerprints1[held - 1] === fingerprint1 && this.fingerprints2[held - 1] === fingerprint2) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Sorts the targets by segment. */
  private arrangeTargets(scan: AnswerScan, targetOfNumber: Int32Array): void {
    const counts = new Int32Array(scan.segmentCount);
    for (let index = 0; index < scan.numberCount; index++) {
      counts[scan.segmentOfNumber[index]]++;
    }
    for (let segment = 1; segment < scan.segmentCount; segment++) {
      this.firstTarget[segment] = this.firstTarget[segment - 1] + counts[segment - 1];
    }
    const next = this.firstTarget.slice();
    for (let index = 0; index < scan.numberCount; index++) {
      this.targets[next[scan.segmentOfNumber[index]]++] = targetOfNumber[index];
    }
  }

  /** Gives columns the exact values that doubles cannot hold. */
  private addWide(scan: AnswerScan, tables: RawSummary['tables']): void {
    for (const { index, value } of scan.wide) {
      // The targets of a segment's numbers were passed in order, so this number's lies before where the segment is now.
      const segment = scan.segmentOfNumber[index];
      let later = 0;
      for (let other = index; other < scan.numberCount; other++) {
        later += Number(scan.segmentOfNumber[other] === segment);
      }
      const found = placeOf(this.tables, this.targets[nextTarget[segment] - later]);
      const columns = found && tables[found.layout.name]?.columns;
      const column = found && columns?.get(found.metric);
      if (found && column) {
        columns?.set(found.metric, { ...column, wide: new Map(column.wide).set(found.row, value) });
      }
    }
  }
}

/** Gives every table its place: times first, then a column after the other. */
function layOut(raw: RawSummary): { tables: TableLayout[]; valueCount: number } {
  let offset = 0;
  const tables = (Object.entries(raw.tables) as Array<[TableName, OpenTable]>).map(([name, table]) => {
    const metrics = [...table.columns.keys()];
    const layout = { name, keys: table.keys, names: table.names, metrics, offset };
    offset += table.keys.length * (1 + CLOCKS.length + metrics.length);
    return layout;
  });
  return { tables, valueCount: offset };
}

function tableIn(values: Float64Array, { keys, names, metrics, offset }: TableLayout): OpenTable {
  const rows = keys.length;
  let from = offset;
  const next = () => values.subarray(from, (from += rows));
  const startTimesMs = next();
  const sampleTimesMs = { cpu: next(), memory: next(), network: next(), io: next() };
  const columns = new Map<string, Column>();
  for (const metric of metrics) {
    columns.set(metric, { values: next() });
  }
  return { keys, names, columns, startTimesMs, sampleTimesMs };
}

function placeOf(
  tables: readonly TableLayout[],
  target: number
): { layout: TableLayout; metric: string; row: number } | undefined {
  for (const layout of tables) {
    const rows = layout.keys.length;
    const column = Math.floor((target - layout.offset) / rows) - 1 - CLOCKS.length;
    if (column >= 0 && column < layout.metrics.length) {
      return { layout, metric: layout.metrics[column], row: (target - layout.offset) % rows };
    }
  }
  return undefined;
}

/** The answer with each number replaced by its place in the scan plus one; times count seconds. */
function probeOf(bytes: Buffer, scan: AnswerScan): Buffer {
  const text = bytes.toString('latin1');
  let probe = '';
  let from = 0;
  for (let index = 0; index < scan.numberCount; index++) {
    const start = scan.offsets[index];
    const isTime = bytes[start] === QUOTE;
    const mark = isTime ? `"${new Date(probeTimeMs(index)).toISOString().slice(0, 19)}Z"` : String(index + 1);
    probe += text.slice(from, start) + mark;
    from = isTime ? start + TIME_BYTES : numberEnd(bytes, start);
  }
  return Buffer.from(probe + text.slice(from), 'latin1');
}

function probeTimeMs(index: number): number {
  return PROBE_START_MS + index * 1000;
}

function numberEnd(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] >= DIGIT_ZERO && bytes[at] <= DIGIT_NINE) || bytes[at] === DOT) {
    at++;
  }
  return at;
}

/** The target of each number, found where its mark came out of the decoder; one behind all values for those unused. */
function targetsOf(raw: RawSummary, probe: RawSummary, scan: AnswerScan): Int32Array {
  const { tables, valueCount } = layOut(raw);
  const targets = new Int32Array(scan.numberCount).fill(valueCount);
  for (const { name, keys, metrics, offset } of tables) {
    const rows = keys.length;
    const marked = probe.tables[name];
    const isOwner = name !== 'filesystem' && name !== 'interface' && name !== 'accelerator';
    // Times of parts are those of their owners, and were no numbers of their own.
    const times = isOwner && marked ? [marked.startTimesMs, ...CLOCKS.map((clock) => marked.sampleTimesMs[clock])] : [];
    times.forEach((timesMs, column) => {
      timesMs.forEach((timeMs, row) => {
        targets[(timeMs - PROBE_START_MS) / 1000] = offset + column * rows + row;
      });
    });
    metrics.forEach((metric, column) => {
      marked?.columns.get(metric)?.values.forEach((mark, row) => {
        targets[mark - 1] = offset + (1 + CLOCKS.length + column) * rows + row;
      });
    });
  }
  return targets;
}

/** Whether two summaries say the same of the same objects; times of parts are not compared. */
function isEqual(one: RawSummary, other: RawSummary): boolean {
  return (Object.keys(other.tables) as TableName[]).every((name) => {
    const [a, b] = [one.tables[name], other.tables[name]];
    const isPart = name === 'filesystem' || name === 'interface' || name === 'accelerator';
    return (
      a !== undefined &&
      b !== undefined &&
      a.columns.size === b.columns.size &&
      [...b.columns].every(([metric, column]) => isSameColumn(a.columns.get(metric), column)) &&
      (isPart ||
        (isSame(a.startTimesMs, b.startTimesMs) &&
          CLOCKS.every((clock) => isSame(a.sampleTimesMs[clock], b.sampleTimesMs[clock]))))
    );
  });
}

function isSameColumn(one: Column | undefined, other: Column): boolean {
  const [oneWide, otherWide] = [[...(one?.wide ?? [])], [...(other.wide ?? [])]];
  const isWideSame =
    oneWide.length === otherWide.length && oneWide.every(([row, value]) => other.wide?.get(row) === value);
  return one !== undefined && isWideSame && isSame(one.values, other.values);
}

function isSame(one: Float64Array, other: Float64Array): boolean {
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
}
