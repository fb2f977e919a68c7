import fc from 'fast-check';
import { valuesOf } from '../../tests/support/batches.ts';
import { readRecordedCadvisor } from '../../tests/support/recordings.ts';
import { HeapscopeError } from '../errors.ts';
import { CADVISOR_FAMILIES, CADVISOR_METRICS } from './cadvisorFamilies.ts';
import { decodeCadvisor } from './decodeCadvisor.ts';

const RECEIVED = 1_795_260_420_000;
const AT = 1_795_260_412_345;

const decode = (text: string) => decodeCadvisor(Buffer.from(text), 'worker-1', RECEIVED);

/** A line about the container `shop/web/main`, or another. */
function line(family: string, value: string, labels = '', time: string | number = AT): string {
  return `${family}{container="main",${labels}id="/pods/p1/c1",image="i",name="c1",namespace="shop",pod="web"} ${value} ${time}\n`;
}

const valueOf = (text: string, metric: string) => valuesOf(decode(text).tables.container, metric)['shop/web/main'];

describe('the recordings', () => {
  const recorded = readRecordedCadvisor();

  test.each<[string, number, number, Record<string, number>, Record<string, number>]>([
    [
      'lab-node-1',
      15,
      14,
      {
        'shop/burner-65fdcc9774-s2m8x/burn': 1281,
        'shop/web-67779d9ccf-qpnkx/httpd': 45,
        'shop/web-67779d9ccf-f8wc5/httpd': 44,
        'data-pipeline/mixed-wtwjn/steady': 119,
      },
      { 'shop/burner-65fdcc9774-s2m8x': 1293 },
    ],
    [
      'lab-node-2',
      13,
      7,
      {
        'shop/pod-level/a': 3,
        'shop/pod-level/b': 3,
        'shop/burner-65fdcc9774-c8mq4/burn': 146,
        'shop/web-67779d9ccf-ttp96/httpd': 10,
        'shop/web-67779d9ccf-7t6sn/httpd': 10,
        'data-pipeline/mixed-wn6v4/steady': 2,
      },
      { 'shop/burner-65fdcc9774-c8mq4': 120, 'shop/pod-level': 14 },
    ],
    [
      'lab-node-3',
      10,
      6,
      {
        'shop/burner-65fdcc9774-qpjkw/burn': 142,
        'shop/web-67779d9ccf-hk4sd/httpd': 10,
        'shop/web-67779d9ccf-fch9j/httpd': 6,
        'data-pipeline/mixed-nlwtw/steady': 189,
      },
      { 'shop/burner-65fdcc9774-qpjkw': 117 },
    ],
  ])('of %s have all its pods and containers, and the periods of the limited ones', (node, ...expected) => {
    const decoded = decodeCadvisor(Buffer.from(recorded[node]), node, RECEIVED);
    const { container, pod } = decoded.tables;
    expect([container.keys.length, pod.keys.length]).toEqual(expected.slice(0, 2));
    expect([valuesOf(container, 'cpu/periods'), valuesOf(pod, 'cpu/periods')]).toEqual(expected.slice(2));
    expect(Object.values(valuesOf(container, 'cpu/throttled')).every((value) => value === 0)).toBe(true);
    // Devices of the machine as a whole are there, those of containers are not: the host has no controller for them.
    expect([...container.columns.keys()]).toEqual(['cpu/periods', 'cpu/throttled_periods', 'cpu/throttled']);
    expect(decoded).toMatchObject({ badLines: 0, rejectedValues: 0 });
  });

  test('have the time of each line and the start of each container', () => {
    const { container } = decodeCadvisor(Buffer.from(recorded['lab-node-2']), 'lab-node-2', RECEIVED).tables;
    const row = container.keys.indexOf('shop/burner-65fdcc9774-c8mq4/burn');
    expect(container.sampleTimesMs.cpu[row]).toBe(1_795_260_416_088);
    expect(container.startTimesMs[row]).toBe(1_795_260_401_000);
    expect(container.names[row]).toEqual({
      node: 'lab-node-2',
      namespace: 'shop',
      pod: 'burner-65fdcc9774-c8mq4',
      container: 'burn',
    });
  });

  test('of a kubelet that takes its statistics from the container runtime hold nothing', () => {
    const { tables } = decodeCadvisor(Buffer.from(recorded['cri-stats']), 'lab-node-2', RECEIVED);
    expect([tables.container.keys, tables.pod.keys]).toEqual([[], []]);
  });
});

describe('values', () => {
  test('are told in the units of the catalogue: seconds become nanoseconds', () => {
    expect(valueOf(line('container_cpu_cfs_throttled_seconds_total', '12.345678901'), 'cpu/throttled')).toBe(
      12_345_678_901
    );
  });

  test.each<[string, number | bigint]>([
    ['0', 0],
    ['1.2345678e+07', 12_345_678],
    ['+5', 5],
    ['.5', 0.5],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
    ['1.8446744073709550e+19', 18_446_744_073_709_550_000],
  ])('%s is read exactly', (text, expected) => {
    expect(valueOf(line('container_cpu_cfs_periods_total', text), 'cpu/periods')).toBe(expected);
  });

  test('of several devices are added up, beyond 2^53 to the last digit', () => {
    const read = 'container_fs_reads_bytes_total';
    const two = line(read, '1e+06', 'device="/dev/vda",') + line(read, '24', 'device="/dev/vdb",');
    expect(valueOf(two, 'disk/read')).toBe(1_000_024);
    const wide =
      line(read, '9007199254740993', 'device="/dev/vda",') +
      line(read, '2', 'device="/dev/vdb",') +
      line(read, '9007199254740993', 'device="/dev/vdc",');
    expect(valueOf(wide, 'disk/read')).toBe(18_014_398_509_481_988n);
  });

  test('that cannot be are counted and left out; NaN is no value', () => {
    const text = ['-1', '+Inf', '-Inf', '18446744073709551616', '1e300', 'NaN']
      .map((value) => line('container_cpu_cfs_periods_total', value))
      .join('');
    expect(decode(text)).toMatchObject({ rejectedValues: 5, badLines: 0 });
    expect(valueOf(text, 'cpu/periods')).toBeUndefined();
  });

  test('without a time are of the moment at which the answer came', () => {
    const { container } = decode(line('container_fs_reads_total', '7', 'device="/dev/vda",', '')).tables;
    expect([container.sampleTimesMs.io[0], container.sampleTimesMs.cpu[0]]).toEqual([RECEIVED, NaN]);
  });
});

describe('control groups', () => {
  const periods = (labels: string, value: number) => `container_cpu_cfs_periods_total{${labels}} ${value} ${AT}\n`;

  test('of sandboxes, of system services and of the machine are left out, on containerd as on Docker', () => {
    const text =
      periods('container="",id="/",image="",name="",namespace="",pod=""', 1) +
      periods('container="",id="/system.slice/kubelet.service",image="",name="",namespace="",pod=""', 2) +
      periods('container="",id="/pods/p1/sandbox",image="pause",name="sandbox",namespace="shop",pod="web"', 3) +
      periods('container="POD",id="/pods/p2/sandbox",image="pause",name="k8s_POD_x",namespace="shop",pod="other"', 4) +
      periods('container="",id="/pods/p1",image="",name="",namespace="shop",pod="web"', 5);
    const { tables } = decode(text);
    expect([valuesOf(tables.pod, 'cpu/periods'), tables.container.keys]).toEqual([{ 'shop/web': 5 }, []]);
  });

  test('of two runs of a container are kept apart: the one that started later counts', () => {
    const run = (id: string, start: string, value: number) => {
      const labels = `container="main",id="${id}",name="${id}",namespace="shop",pod="web"`;
      return `${periods(labels, value)}container_start_time_seconds{${labels}} ${start}\n`;
    };
    const [older, newer] = [run('/a', '1.79526e+09', 900), run('/b', '1.795260001e+09', 3)];
    for (const text of [older + newer, newer + older]) {
      expect(valueOf(text, 'cpu/periods')).toBe(3);
    }
  });

  test('have the names that are meant, escapes undone', () => {
    const text = periods('container="a\\"}b\\\\n\\nc",id="/x",name="x",namespace="shop",pod="web"', 5);
    expect(decode(text).tables.container.names[0].container).toBe('a"}b\\n\nc');
  });
});

test('families may have the same labels in another order, fewer of them, or more', () => {
  const of = (family: string, lines: Array<[string, number]>) =>
    lines.map(([id, value]) => `${family}{id="${id}",namespace="shop",pod="${id}"} ${value} ${AT}\n`).join('');
  const text =
    of('container_cpu_cfs_periods_total', [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]) +
    of('container_cpu_cfs_throttled_periods_total', [
      ['a', 4],
      ['b', 5],
      ['c', 6],
    ]) +
    of('container_fs_reads_bytes_total', [
      ['c', 7],
      ['a', 8],
    ]) +
    of('container_fs_reads_total', [
      ['c', 9],
      ['b', 10],
      ['a', 11],
      ['dd', 12],
    ]);
  const { pod } = decode(text).tables;
  expect(CADVISOR_METRICS.map((metric) => valuesOf(pod, metric))).toEqual([
    { 'shop/a': 1, 'shop/b': 2, 'shop/c': 3 },
    { 'shop/a': 4, 'shop/b': 5, 'shop/c': 6 },
    {},
    { 'shop/c': 7, 'shop/a': 8 },
    { 'shop/c': 9, 'shop/b': 10, 'shop/a': 11, 'shop/dd': 12 },
    {},
    {},
  ]);
});

describe('what is not as it should be', () => {
  const good = line('container_cpu_cfs_periods_total', '5');

  test.each([
    ['an unclosed label', 'container_cpu_cfs_periods_total{pod="web 5'],
    ['labels without end', 'container_cpu_cfs_periods_total{pod="web"'],
    ['a label without quotes', 'container_cpu_cfs_periods_total{pod=web} 5'],
    ['no value', 'container_cpu_cfs_periods_total{pod="web"}'],
    ['no blank before the value', 'container_cpu_cfs_periods_total{pod="web"}5'],
    ['a word for a value', 'container_cpu_cfs_periods_total{pod="web"} fast'],
    ['a hexadecimal value', 'container_cpu_cfs_periods_total{pod="web"} 0x10'],
    ['a time that is none', 'container_cpu_cfs_periods_total{pod="web"} 5 noon'],
    ['something behind the time', 'container_cpu_cfs_periods_total{pod="web"} 5 12 # {}'],
    ['a value without end', `container_cpu_cfs_periods_total{pod="web"} ${'1'.repeat(1000)}`],
    ['a line of 100 kB', `container_cpu_cfs_periods_total{pod="${'w'.repeat(100_000)}"} 5`],
  ])('%s costs that line and no other', (_what, bad) => {
    const decoded = decode(`${good}${bad}\n${line('container_cpu_cfs_throttled_periods_total', '2')}`);
    expect(decoded.badLines).toBe(1);
    expect(valuesOf(decoded.tables.container, 'cpu/periods')).toEqual({ 'shop/web/main': 5 });
    expect(valuesOf(decoded.tables.container, 'cpu/throttled_periods')).toEqual({ 'shop/web/main': 2 });
  });

  test('a line that was cut off at the end does not count, since its number may lack digits', () => {
    expect(decode(`${good}${good.slice(0, -4)}`)).toMatchObject({ badLines: 1 });
  });

  test.each(['', '<!DOCTYPE html>\n', '{"kind":"Status"}\n', 'not found'])('%j is no answer at all', (text) => {
    expect(() => decode(text)).toThrow(
      /^Kubelet on node worker-1 answered \d+ bytes that are no metrics: .*Ask it by hand for \/metrics\/cadvisor/
    );
  });

  test('more control groups than a node can have are refused', () => {
    const many = Array.from({ length: 50_001 }, (_, index) => good.replace('p1/c1', `p1/c${index}`)).join('');
    expect(() => decode(many)).toThrow('they have more than 50000 containers');
  });
});

describe('any answer', () => {
  const wanted = CADVISOR_FAMILIES.filter(({ metric }) => metric >= 0).map(({ name }) => name.toString());
  const others = [
    'container_cpu_cfs_periods',
    'container_fs_reads_total_',
    'machine_cpu_cores',
    'container_memory_rss',
  ];
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '"', '\\', '\n', '}', 'é', ' '), minLength: 1 });
  const sample = fc.record({
    pod: fc.oneof(fc.constantFrom('web', 'db'), name),
    value: fc.nat(),
    labels: fc.dictionary(fc.constantFrom('device', 'x'), name),
  });
  const families = fc.uniqueArray(
    fc.record({ family: fc.constantFrom(...wanted, ...others), samples: fc.array(sample, { maxLength: 5 }) }),
    { selector: ({ family }) => family }
  );
  const escape = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

  test.each([true, false])('gives what was written, with headers: %s', (hasHeaders) => {
    fc.assert(
      fc.property(families, (list) => {
        const expected: Record<string, Record<string, number>> = {};
        const lines = list.flatMap(({ family, samples }) => [
          ...(hasHeaders ? [`# HELP ${family} What it is.`, `# TYPE ${family} counter`] : []),
          ...samples.map(({ pod, value, labels }) => {
            const index = wanted.indexOf(family);
            if (index >= 0) {
              const of = (expected[CADVISOR_METRICS[index]] ??= {});
              const key = `shop/${pod}/main`;
              const scale = family.includes('_seconds') ? 1e9 : 1;
              of[key] = (family.includes('_fs_') ? (of[key] ?? 0) : 0) + value * scale;
            }
            const pairs = Object.entries({ container: 'main', id: pod, namespace: 'shop', pod, ...labels });
            return `${family}{${pairs.map(([key, text]) => `${key}="${escape(text)}"`).join(',')}} ${value} ${AT}`;
          }),
        ]);
        const { tables, badLines } = decode(`# an answer\n${lines.map((text) => `${text}\n`).join('')}`);
        expect(badLines).toBe(0);
        for (const metric of CADVISOR_METRICS) {
          expect(valuesOf(tables.container, metric)).toEqual(expected[metric] ?? {});
        }
      })
    );
  });

  test('is read or refused with a sentence, whatever its bytes are', () => {
    const piece = fc.constantFrom(
      ...wanted,
      '{',
      '}',
      '="',
      '"',
      ',',
      ' ',
      '\n',
      '# TYPE ',
      '\\',
      '5',
      'e+9',
      'pod',
      'NaN'
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')))
    );
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          const { tables, rejectedValues, badLines } = decodeCadvisor(body, 'worker-1', RECEIVED);
          expect(Math.min(rejectedValues, badLines)).toBeGreaterThanOrEqual(0);
          expect(new Set(tables.container.keys).size).toBe(tables.container.keys.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HeapscopeError);
        }
      }),
      { numRuns: 2000 }
    );
  });
});
