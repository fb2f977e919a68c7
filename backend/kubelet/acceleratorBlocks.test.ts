import { valuesOf } from '../../tests/support/batches.ts';
import type { Table } from '../model/batch.ts';
import type { DecodedSummary } from './concludeSummary.ts';
import { decodeSummary } from './decodeSummary.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const GPU = {
  make: 'nvidia',
  model: 'Tesla V100-SXM2-16GB',
  id: 'GPU-0b2d',
  memoryTotal: 16_945_512_448,
  memoryUsed: 4_294_967_296,
  dutyCycle: 37,
};

/** Decodes an answer whose pods each have one container `main` with these accelerators. */
function decode(...pods: Array<{ name: string; startTime?: string; accelerators: unknown }>): DecodedSummary {
  const answer = {
    node: { nodeName: 'gpu-1' },
    pods: pods.map(({ name, startTime, accelerators }) => ({
      podRef: { name, namespace: 'ml' },
      containers: [{ accelerators, startTime, name: 'main' }],
    })),
  };
  return decodeSummary(Buffer.from(JSON.stringify(answer)), 'gpu-1', NOW);
}

function acceleratorsOf(decoded: DecodedSummary): Table {
  return decoded.tables.accelerator!;
}

test('accelerators become rows of their own, named by container, make, model and id', () => {
  const second = { ...GPU, id: 'GPU-77aa', dutyCycle: 0 };
  const table = acceleratorsOf(decode({ name: 'train-1', accelerators: [GPU, second] }));
  expect(table.names).toEqual(
    ['GPU-0b2d', 'GPU-77aa'].map((acceleratorId) => ({
      node: 'gpu-1',
      namespace: 'ml',
      pod: 'train-1',
      container: 'main',
      owner: 'container',
      make: 'nvidia',
      model: 'Tesla V100-SXM2-16GB',
      acceleratorId,
    }))
  );
  expect(new Set(table.keys).size).toBe(2);
  const values = (metric: string) => Object.values(valuesOf(table, metric));
  expect(values('accelerator/memory_total')).toEqual([16_945_512_448, 16_945_512_448]);
  expect(values('accelerator/memory_used')).toEqual([4_294_967_296, 4_294_967_296]);
  expect(values('accelerator/duty_cycle')).toEqual([37, 0]);
});

test('the names of a container may follow its accelerators, as Go sorts nothing', () => {
  const text = `{"node":{"nodeName":"gpu-1"},"pods":[{"containers":[{"accelerators":[${JSON.stringify(GPU)}],"name":"main"}],"podRef":{"namespace":"ml","name":"train-1"}}]}`;
  const table = acceleratorsOf(decodeSummary(Buffer.from(text), 'gpu-1', NOW));
  expect(table.names[0]).toMatchObject({ namespace: 'ml', pod: 'train-1', container: 'main' });
});

test.each([null, []])('an answer with %j for accelerators has no table of them', (accelerators) => {
  expect(decode({ name: 'train-1', accelerators }).tables.accelerator).toBeUndefined();
});

test('fields that are absent or null stay absent, and impossible values are left out and counted', () => {
  const decoded = decode({
    name: 'train-1',
    accelerators: [{ ...GPU, memoryUsed: null, dutyCycle: -1, memoryTotal: undefined, later: { added: [1] } }],
  });
  expect(acceleratorsOf(decoded).columns.size).toBe(0);
  expect(decoded.rejectedValues).toBe(1);
});

test('of a pod and its predecessor the accelerators of the newer one count', () => {
  const used = (memoryUsed: number) => [{ ...GPU, memoryUsed }];
  const table = acceleratorsOf(
    decode(
      { name: 'train-1', startTime: '2026-11-21T11:00:00Z', accelerators: used(2) },
      { name: 'train-1', startTime: '2026-11-21T10:00:00Z', accelerators: used(1) }
    )
  );
  expect(Object.values(valuesOf(table, 'accelerator/memory_used'))).toEqual([2]);
});

test('accelerators that are no list make the answer unreadable', () => {
  expect(() => decode({ name: 'train-1', accelerators: 'two' })).toThrow('Expected a list');
});
