import fc from 'fast-check';
import type { PodFacts } from '../model/facts.ts';
import { PodTable } from './podTable.ts';

function pod(namespace: string, name: string, nodeName: string): PodFacts {
  return { namespace, name, nodeName } as PodFacts;
}

const step = fc.record({
  remove: fc.boolean(),
  namespace: fc.constantFrom('shop', 'default'),
  name: fc.constantFrom('a', 'b', 'c'),
  nodeName: fc.constantFrom('', 'worker-1', 'worker-2'),
});

test('after any additions, moves and removals the three views agree with a plain list', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new PodTable();
      let plain: PodFacts[] = [];
      for (const { remove, namespace, name, nodeName } of steps) {
        const known = plain.find((entry) => entry.namespace === namespace && entry.name === name);
        plain = plain.filter((entry) => entry !== known);
        if (!remove) {
          plain.push(pod(namespace, name, nodeName));
          table.put(plain.at(-1)!);
        } else if (known) {
          table.remove(known);
        }
      }
      expect(new Set(table.all())).toEqual(new Set(plain));
      expect(table.size).toBe(plain.length);
      for (const nodeName of ['worker-1', 'worker-2']) {
        expect(new Set(table.onNode(nodeName))).toEqual(new Set(plain.filter((entry) => entry.nodeName === nodeName)));
      }
      expect(plain.every((entry) => table.get(entry.namespace, entry.name) === entry)).toBe(true);
    })
  );
});

test('an array that was handed out stays as it was', () => {
  const table = new PodTable();
  table.put(pod('shop', 'a', 'worker-1'));
  const before = table.onNode('worker-1');
  table.put(pod('shop', 'b', 'worker-1'));
  expect(before.map(({ name }) => name)).toEqual(['a']);
});
