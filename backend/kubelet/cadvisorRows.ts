import { objectKey, type Column, type ObjectNames, type Table } from '../model/batch.ts';
import { CADVISOR_METRICS, type CadvisorFamily } from './cadvisorFamilies.ts';

const WIDTH = CADVISOR_METRICS.length;
const TWO_TO_THE_64 = 2 ** 64;

/** One control group that belongs to a pod: the pod's own, or that of a container. */
interface Row {
  readonly names: ObjectNames;
  readonly values: Array<number | bigint>;
  startMs: number;
  cpuMs: number;
  ioMs: number;
}

/** Gathers pods and containers line by line, by their control groups. */
export class CadvisorRows {
  rejectedValues = 0;
  private readonly rows: Row[] = [];

  get count(): number {
    return this.rows.length;
  }

  add(names: ObjectNames): number {
    return this.rows.push({ names, values: Array(WIDTH).fill(NaN), startMs: NaN, cpuMs: NaN, ioMs: NaN }) - 1;
  }

  /** Takes the value of a line; lines of one family and device after device add up. */
  take(index: number, { metric, scale, perDevice }: CadvisorFamily, said: number | bigint, timeMs: number): void {
    if (Number.isNaN(said)) {
      return;
    }
    if (said < 0 || said >= TWO_TO_THE_64) {
      this.rejectedValues++;
      return;
    }
    const row = this.rows[index];
    if (metric < 0) {
      row.startMs = Math.round(Number(said) * 1000);
      return;
    }
    const value = scale === 1 ? said : Math.round(Number(said) * scale);
    row.values[metric] = perDevice ? sum(row.values[metric], value) : value;
    if (perDevice) {
      row.ioMs = timeMs;
    } else {
      row.cpuMs = timeMs;
    }
  }

  /** The tables, with the keys that the tables of the summary have. Of two runs of a container the newer counts. */
  tables(): { container: Table; pod: Table } {
    const containers = new Map<string, Row>();
    const pods = new Map<string, Row>();
    for (const row of this.rows) {
      const { namespace = '', pod = '', container } = row.names;
      const [table, key] =
        container === undefined
          ? [pods, objectKey(namespace, pod)]
          : [containers, objectKey(namespace, pod, container)];
      const rival = table.get(key);
      if (!(rival && rival.startMs > row.startMs)) {
        table.set(key, row);
      }
    }
    return { container: tableOf(containers), pod: tableOf(pods) };
  }
}

function sum(before: number | bigint, value: number | bigint): number | bigint {
  if (typeof before === 'bigint' || typeof value === 'bigint') {
    return Number.isNaN(before) ? value : whole(before) + whole(value);
  }
  return Number.isNaN(before) ? value : before + value;
}

function whole(value: number | bigint): bigint {
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
}

function tableOf(rows: ReadonlyMap<string, Row>): Table {
  const list = [...rows.values()];
  const columns = new Map<string, Column>();
  CADVISOR_METRICS.forEach((name, metric) => {
    const column = columnOf(list, metric);
    if (column) {
      columns.set(name, column);
    }
  });
  const cpu = Float64Array.from(list, ({ cpuMs }) => cpuMs);
  const io = Float64Array.from(list, ({ ioMs }) => ioMs);
  return {
    keys: [...rows.keys()],
    names: list.map(({ names }) => names),
    columns,
    startTimesMs: Float64Array.from(list, ({ startMs }) => startMs),
    sampleTimesMs: { cpu, memory: cpu, network: cpu, io },
  };
}

function columnOf(rows: readonly Row[], metric: number): Column | undefined {
  const values = Float64Array.from(rows, (row) => Number(row.values[metric]));
  if (values.every(Number.isNaN)) {
    return undefined;
  }
  const wide = new Map<number, bigint>();
  rows.forEach(({ values: own }, row) => {
    const value = own[metric];
    if (typeof value === 'bigint') {
      wide.set(row, value);
    }
  });
  return wide.size > 0 ? { values, wide } : { values };
}
