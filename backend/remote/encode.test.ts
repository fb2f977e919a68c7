import fc from 'fast-check';
import { CATALOGUE } from '../model/catalogue.ts';
import { prometheusLabels, prometheusName } from '../model/prometheusName.ts';
import { ByteWriter } from './byteWriter.ts';
import { encodeVersion1 } from './encodeVersion1.ts';
import { encodeVersion2 } from './encodeVersion2.ts';
import { exportedMetric, labelsOfObject } from './exportedNames.ts';
import { sortExternalLabels } from './externalLabels.ts';
import { packParcel, unpackParcel } from './parcelCodec.ts';
import { divideIntoParcels, sampleGrid, STALE, type Parcel, type SampleGrid } from './sampleGrid.ts';
import { decodeVersion1, decodeVersion2, STALE_BITS, type ReceivedSeries } from './testing/decodeRequests.ts';

const METRICS = ['cpu/usage', 'memory/rss', 'uptime'].map((name) => exportedMetric(name, 'pod')!);
const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constantFrom(0, -0, 2 ** 63, STALE, NaN));
/** Any text but the empty one, which is no label. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const row = fc.record({ pod: text, node: text, values: fc.array(value, { minLength: 3, maxLength: 3 }) });

function gridOf(rows: ReadonlyArray<{ pod: string; node: string; values: number[] }>): SampleGrid {
  const values = Float64Array.from(rows.flatMap((one) => one.values));
  return sampleGrid(rows.length, METRICS, values, (index) => ['node', rows[index].node, 'pod', rows[index].pod]);
}

function expected(rows: ReadonlyArray<{ pod: string; node: string; values: number[] }>, timestampMs: number) {
  return rows.flatMap(({ pod, node, values }) =>
    values.flatMap((one, index) =>
      Number.isNaN(one) ? [] : [{ name: METRICS[index].name, pod, node, value: one, timestampMs }]
    )
  );
}

function simplify(series: readonly ReceivedSeries[]) {
  return series.map(({ labels: { __name__, pod, node }, bits, value: sent, timestampMs }) => ({
    name: __name__,
    pod,
    node,
    value: bits === STALE_BITS ? STALE : sent,
    timestampMs,
  }));
}

function encoded(encode: typeof encodeVersion1, parcel: Parcel, external = {}): Buffer {
  const out = new ByteWriter(16);
  encode(parcel, sortExternalLabels(external), out);
  return Buffer.from(out.written());
}

describe.each([
  ['1.0', encodeVersion1, decodeVersion1],
  ['2.0', encodeVersion2, decodeVersion2],
] as const)('requests of protocol %s', (_, encode, decode) => {
  test('hold every sample and nothing else', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 4e12 }), (rows, timestampMs) => {
        const parcels = divideIntoParcels(timestampMs, [gridOf(rows)], 7);
        const received = parcels.flatMap((parcel) => {
          const series = decode(encoded(encode, parcel));
          expect(series).toHaveLength(parcel.sampleCount);
          return simplify(series);
        });
        expect(received).toEqual(expected(rows, timestampMs));
      }),
      { numRuns: 200 }
    );
  });

  test('carry external labels in order, and the own label where both have one', () => {
    const [parcel] = divideIntoParcels(5, [gridOf([{ pod: 'web', node: 'a', values: [1, NaN, NaN] }])], 10);
    const external = { cluster: 'prod', Zone: 'eu', node: 'other', zz: 'last' };
    const [{ labels }] = decode(encoded(encode, parcel, external));
    expect(Object.entries(labels)).toEqual([
      ['Zone', 'eu'],
      ['__name__', 'heapscope_pod_cpu_usage_seconds_total'],
      ['cluster', 'prod'],
      ['node', 'a'],
      ['pod', 'web'],
      ['zz', 'last'],
    ]);
  });
});

test('protocol 2.0 says of each series what it is', () => {
  const [parcel] = divideIntoParcels(5, [gridOf([{ pod: 'web', node: 'a', values: [1, 2, NaN] }])], 10);
  expect(decodeVersion2(encoded(encodeVersion2, parcel)).map(({ metadata }) => metadata)).toEqual([
    { type: 1, help: 'CPU time used since the start, over all cores.', unit: 'seconds' },
    { type: 2, help: 'Anonymous memory and swap cache, without files.', unit: 'bytes' },
  ]);
});

test('parcels come back from their bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      for (const parcel of divideIntoParcels(77, [gridOf(rows)], 8)) {
        const back = await unpackParcel(await packParcel(parcel));
        expect([back.timestampMs, back.sampleCount]).toEqual([77, parcel.sampleCount]);
        expect(encoded(encodeVersion1, back)).toEqual(encoded(encodeVersion1, parcel));
        expect(encoded(encodeVersion2, back)).toEqual(encoded(encodeVersion2, parcel));
      }
    }),
    { numRuns: 50 }
  );
});

test('series have the labels that the catalogue says', () => {
  const names = {
    node: 'node',
    namespace: 'namespace',
    pod: 'pod',
    container: 'container',
    workloadKind: 'workload_kind',
    workload: 'workload',
    resourceId: 'resource_id',
    persistentVolumeClaim: 'persistentvolumeclaim',
    interface: 'interface',
    make: 'make',
    model: 'model',
    acceleratorId: 'accelerator_id',
  };
  for (const metric of CATALOGUE) {
    const [part] = metric.labels ?? [];
    const tables = { resource_id: 'filesystem', interface: 'interface', make: 'accelerator' } as const;
    for (const level of metric.levels) {
      const table = part === undefined ? level : tables[part as keyof typeof tables];
      const pairs = labelsOfObject(table, level, names);
      const wanted = [...prometheusLabels(metric, level)].sort();
      expect([metric.name, level, pairs]).toEqual([metric.name, level, wanted.flatMap((name) => [name, name])]);
      expect(exportedMetric(metric.name, level)?.name).toBe(prometheusName(metric, level));
    }
  }
});
