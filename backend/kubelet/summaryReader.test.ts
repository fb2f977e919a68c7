import fc from 'fast-check';
import { readRecording } from '../../tests/support/recordings.ts';
import type { Table } from '../model/batch.ts';
import type { DecodedSummary } from './concludeSummary.ts';
import { decodeSummary } from './decodeSummary.ts';
import { SummaryReader } from './summaryReader.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Tables with their rows in order of their keys: the two ways to read an answer may order them differently. */
function sorted({ tables, ...rest }: DecodedSummary): unknown {
  const sortedTables = Object.entries(tables).map(([name, table]) => [name, rowsOf(table)]);
  return { ...rest, tables: Object.fromEntries(sortedTables) };
}

function rowsOf(table: Table): unknown {
  const rows = table.keys.map((key, row) => [
    key,
    {
      names: table.names[row],
      start: table.startTimesMs[row],
      times: Object.values(table.sampleTimesMs).map((times) => times[row]),
      values: [...table.columns]
        .map(([metric, { values, wide }]) => `${metric} ${wide?.get(row) ?? values[row]}`)
        .sort(),
    },
  ]);
  return Object.fromEntries(rows.sort());
}

/** Reads all answers of a node one after the other, and tells of each whether it gives what decoding it alone gives. */
function expectSameAsDecoding(answers: readonly string[]): void {
  const reader = new SummaryReader();
  for (const answer of answers) {
    const body = Buffer.from(answer);
    expect(sorted(reader.read('worker-1', body, NOW))).toEqual(sorted(decodeSummary(body, 'worker-1', NOW)));
  }
}

/** All recorded answers, node by node in order of time. */
const RECORDED = (['three-generations', 'cri-stats', 'kubelet-restart'] as const).flatMap((name) =>
  Object.entries(readRecording(name).kubelets).map(
    ([node, answers]) =>
      [`${node} of ${name}`, answers.flatMap(({ body, status }) => (status === 200 && body ? [body] : []))] as const
  )
);
/** A recorded answer of a kubelet of 1.35. */
const ANSWER = RECORDED.find(([name]) => name.includes('1.35') || name.includes('three'))![1][0];

/** A copy with every list in another order and every number and time moved on. */
function movedOn(value: Json, step: number): Json {
  if (Array.isArray(value)) {
    return value.map((item) => movedOn(item, step)).reverse();
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? value + step * 1000 : value + step;
  }
  if (typeof value === 'string') {
    return /^\d{4}-\d\d-\d\dT/.test(value)
      ? `${new Date(Date.parse(value) + step * 1000).toISOString().slice(0, 19)}Z`
      : value;
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, movedOn(item, step)]));
}

describe('answers of one node after the other', () => {
  test.each(RECORDED)('are read as if each were the only one: %s', (_name, answers) => {
    expect(answers.length).toBeGreaterThan(1);
    expectSameAsDecoding(answers);
  });

  test('have the very keys and names of the last while the objects are the same, in whatever order they are listed', () => {
    const reader = new SummaryReader();
    const first = reader.read('worker-1', Buffer.from(ANSWER), NOW);
    const second = reader.read('worker-1', Buffer.from(JSON.stringify(movedOn(JSON.parse(ANSWER), 1))), NOW);
    for (const name of ['node', 'pod', 'container', 'filesystem', 'interface'] as const) {
      expect(second.tables[name]!.keys).toBe(first.tables[name]!.keys);
      expect(second.tables[name]!.names).toBe(first.tables[name]!.names);
    }
  });

  test('may move every number and turn every list around', () => {
    const answer = JSON.parse(ANSWER) as Json;
    const answers = [1, 2, 3, 4].map((step) => JSON.stringify(movedOn(answer, step), null, step % 2));
    expectSameAsDecoding([ANSWER, ...answers]);
  });

  test('keep all digits of counters beyond 2^53', () => {
    const withCounter = (counter: string) => ANSWER.replace(/("usageCoreNanoSeconds": ?)\d+/g, `$1${counter}`);
    const answers = ['9007199254740991', '9007199254740993', '18446744073709551615', '12'].map(withCounter);
    expectSameAsDecoding(answers);
    const reader = new SummaryReader();
    const [, , last] = answers.map((answer) => reader.read('worker-1', Buffer.from(answer), NOW));
    expect(last.tables.node!.columns.get('cpu/usage')!.wide!.get(0)).toBe(18446744073709551615n);
  });

  test('notice when a pod goes, when a container is renamed, and when a block is missing once', () => {
    const pods = (JSON.parse(ANSWER) as { pods: Json[] }).pods;
    const without = JSON.stringify({ ...JSON.parse(ANSWER), pods: pods.slice(1) });
    const renamed = ANSWER.replace(/("name": ?"coredns")/, '"name":"dns"');
    const without1 = ANSWER.replace('"rssBytes"', '"otherBytes"');
    expectSameAsDecoding([ANSWER, ANSWER, without, without, without, ANSWER, renamed, ANSWER, without1, ANSWER]);
  });

  test('are read with the values a kubelet cannot mean counted, before and after right ones', () => {
    const negative = ANSWER.replace(/("rssBytes": ?)/, '$1-');
    const huge = ANSWER.replace(/("rssBytes": ?)\d+/, '$118446744073709551616');
    expectSameAsDecoding([ANSWER, negative, ANSWER, huge, ANSWER, ANSWER]);
  });

  test('are refused like single ones where they are cut off, and do not harm the next', () => {
    const reader = new SummaryReader();
    const whole = Buffer.from(ANSWER);
    reader.read('worker-1', whole, NOW);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 2 }), (length) => {
        expect(() => reader.read('worker-1', whole.subarray(0, length), NOW)).toThrow('are not a summary');
      }),
      { numRuns: 60 }
    );
    expect(sorted(reader.read('worker-1', whole, NOW))).toEqual(sorted(decodeSummary(whole, 'worker-1', NOW)));
  });

  test('are told apart whatever single byte is another', () => {
    const reader = new SummaryReader();
    const whole = Buffer.from(ANSWER);
    const outcome = (read: () => DecodedSummary): unknown => {
      try {
        return sorted(read());
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        reader.read('worker-1', whole, NOW);
        const other = Buffer.from(whole);
        other[at] ^= change;
        expect(outcome(() => reader.read('worker-1', other, NOW))).toEqual(
          outcome(() => decodeSummary(other, 'worker-1', NOW))
        );
      }),
      { numRuns: 150 }
    );
  });
});
