import fc from 'fast-check';
import type { HistoryObject } from './inventory.ts';
import { NumberedObjects } from './numberedObjects.ts';

const objectOf = (number: number): HistoryObject => ({
  number,
  table: 'pod',
  shard: '',
  key: String(number),
  names: {},
  firstSeenMs: 0,
  lastSeenMs: 0,
});

test('whatever comes and goes, it has what a map would have, in order of numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(5000))), (steps) => {
      const numbered = new NumberedObjects();
      const map = new Map<number, HistoryObject>();
      for (const [comes, number] of steps) {
        const known = map.get(number);
        expect(numbered.get(number)).toBe(known);
        if (comes && !known) {
          map.set(number, objectOf(number));
          numbered.add(map.get(number)!);
        } else if (!comes && known) {
          map.delete(number);
          numbered.remove(known);
        }
      }
      expect(numbered.size).toBe(map.size);
      expect([...numbered.values()]).toEqual([...map.values()].sort((one, other) => one.number - other.number));
    })
  );
});
