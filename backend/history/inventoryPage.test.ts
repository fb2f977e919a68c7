import fc from 'fast-check';
import type { ObjectNames } from '../model/batch.ts';
import { packEntries, unpackEntries, type Entry } from './inventoryPage.ts';

const text = fc.string({ maxLength: 8 });
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const names: fc.Arbitrary<ObjectNames> = fc
  .record(
    {
      node: text,
      namespace: text,
      workloadKind: text,
      workload: text,
      pod: text,
      container: text,
      resourceId: text,
      persistentVolumeClaim: text,
      interface: text,
      make: text,
      model: text,
      acceleratorId: text,
      owner: fc.constantFrom('node', 'pod', 'container', 'sys_container'),
      uid: text,
      labels: fc.dictionary(text, text),
      hostNetwork: fc.boolean(),
      reported: fc.constant(false),
    },
    { requiredKeys: [] }
  )
  .map((one) => one as ObjectNames);
const former = fc.array(fc.record({ untilMs: fc.nat(), names }), { maxLength: 3 });
const entry: fc.Arbitrary<Entry> = fc.tuple(
  fc.nat(),
  fc.nat(9),
  text,
  text,
  names,
  fc.nat(),
  fc.option(fc.nat(), { nil: null }),
  optional(former)
);

test('entries come out of a page as they went in', () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const stored: unknown = JSON.parse(JSON.stringify(packEntries(entries)));
      expect(unpackEntries(stored as ReturnType<typeof packEntries>, new Map())).toEqual(entries);
    })
  );
});

test('texts and labels that objects have in common are in memory once', () => {
  const labels = { app: 'shop' };
  const entries = [1, 2].map((number): Entry => [number, 4, 'node-1', `key-${number}`, { pod: 'a', labels }, 0, null]);
  const [one, other] = unpackEntries(packEntries(entries), new Map());
  expect(one[4].labels).toBe(other[4].labels);
});

test('a number of a text that is not there is damage', () => {
  const packed = packEntries([[1, 4, 'node-1', 'key', { pod: 'a' }, 0, null]]);
  expect(() => unpackEntries({ ...packed, texts: [] }, new Map())).toThrow('Text 0 of 0');
});
