import { objectKey, type ObjectNames, type TableName } from '../../model/batch.ts';
import { HeadStore } from '../../store/headStore.ts';
import { nodeBatch, totalsBatch, type Row, type Rows } from '../../store/testing/batches.ts';

export const MINUTE_MS = 60_000;
const MIDNIGHT_MS = Date.UTC(2026, 0, 5);

/** One object of the text and what it says of it: per metric a word per round. */
interface StoredLine {
  readonly table: TableName;
  readonly key: string;
  readonly names: ObjectNames;
  readonly metrics: Map<string, string[]>;
}

/** Unix ms of a time of the day that all texts play on, such as `10:05` or `10:05:30`. */
export function timeMs(text: string): number {
  const [hours, minutes, seconds = 0] = text.split(':').map(Number);
  return MIDNIGHT_MS + (hours * 3600 + minutes * 60 + seconds) * 1000;
}

/** The time of the day of a Unix time, seconds only where there are some. */
export function clockTime(time: number): string {
  const text = new Date(time).toISOString().slice(11, 19);
  return text.endsWith(':00') ? text.slice(0, 5) : text;
}

/**
 * Reads a small cluster from a text and stores it round by round, one a minute from 10:00 on:
 *
 *     node worker-1 | zone=a
 *       cpu/usage_rate  900 950 -          a value per round, `-` for none
 *     pod shop/web-1 on worker-1 of Deployment/web | app=web
 *       cpu/usage_rate  100 . 120          `.` while the object is not there
 *     pod shop/agent on worker-1 with host-network
 *     namespace empty                      there in all rounds
 */
export function storeCluster(text: string): HeadStore {
  const lines = readLines(text);
  const roundCount = Math.max(1, ...lines.flatMap(({ metrics }) => [...metrics.values()].map((words) => words.length)));
  const head = new HeadStore({ windowMs: Number.MAX_SAFE_INTEGER, maxBytes: 0 });
  for (let round = 0; round < roundCount; round++) {
    const timestampMs = timeMs('10:00') + round * MINUTE_MS;
    for (const [node, rows] of rowsByNode(lines, round)) {
      head.append(node === '' ? totalsBatch(timestampMs, rows) : nodeBatch(node, timestampMs, rows));
    }
    head.commit(timestampMs);
  }
  return head;
}

function readLines(text: string): StoredLine[] {
  const lines: StoredLine[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate.trim() !== '')) {
    if (line.startsWith('  ')) {
      const [metric, ...words] = line.trim().split(/\s+/);
      lines.at(-1)!.metrics.set(metric, words);
    } else {
      lines.push(readObject(line));
    }
  }
  return lines;
}

function readObject(line: string): StoredLine {
  const [head, labelText = ''] = line.split('|').map((part) => part.trim());
  const labels =
    labelText === '' ? undefined : Object.fromEntries(labelText.split(/\s+/).map((label) => label.split('=')));
  const [table, subject = '', ...rest] = head.split(/\s+/);
  const after = (word: string) => (rest.includes(word) ? rest[rest.indexOf(word) + 1] : undefined);
  const [workloadKind, workload] = after('of')?.split('/') ?? [];
  const network = after('with');
  const hostNetwork = network === undefined ? undefined : network === 'host-network';
  const common = { labels, node: after('on'), workloadKind, workload, hostNetwork };
  const [first, second, third] = subject.split('/');
  const named: Record<string, ObjectNames> = {
    cluster: {},
    node: { node: first },
    namespace: { namespace: first },
    workload: { namespace: first, workloadKind: second, workload: third },
    pod: { namespace: first, pod: second },
    container: { namespace: first, pod: second, container: third },
    sys_container: { node: first, container: second },
    filesystem: { ...ownerNames(subject), resourceId: after('called'), persistentVolumeClaim: after('claim') },
    interface: { ...ownerNames(subject), interface: after('called') },
    accelerator: {
      ...ownerNames(subject),
      make: after('make'),
      model: after('model'),
      acceleratorId: after('called'),
    },
  };
  const names = withoutUndefined({ ...common, ...withoutUndefined(named[table]) });
  return { table: table as TableName, key: objectKey(subject, after('called') ?? ''), names, metrics: new Map() };
}

/** Whose file system or interface it is: `worker-1`, `shop/web-1` or `shop/web-1/nginx`. */
function ownerNames(subject: string): ObjectNames {
  const [first, second, third] = subject.split('/');
  if (second === undefined) {
    return { owner: 'node', node: first };
  }
  return { owner: third === undefined ? 'pod' : 'container', namespace: first, pod: second, container: third };
}

function withoutUndefined(names: ObjectNames): ObjectNames {
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
}

function rowsByNode(lines: readonly StoredLine[], round: number): Map<string, Rows> {
  const nodes = new Map<string, Partial<Record<TableName, Row[]>>>();
  for (const { table, key, names, metrics } of lines) {
    const words = [...metrics].map(([metric, values]) => [metric, values[round] ?? '.'] as const);
    if (words.length > 0 && words.every(([, word]) => word === '.')) {
      continue;
    }
    const values = words
      .filter(([, word]) => word !== '.' && word !== '-')
      .map(([metric, word]) => [metric, Number(word)]);
    const home = ['cluster', 'namespace', 'workload'].includes(table) ? '' : (names.node ?? '');
    const rows = nodes.get(home) ?? {};
    nodes.set(home, rows);
    (rows[table] ??= []).push({ key, names, values: Object.fromEntries(values) });
  }
  return nodes;
}
