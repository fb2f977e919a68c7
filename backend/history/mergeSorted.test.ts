import fc from 'fast-check';
import { mergeSorted } from './mergeSorted.ts';

test('sorted sources together are sorted, and what is equal comes in order of the sources', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(20))), (lists) => {
      const sources = lists.map((list, source) =>
        list.sort((one, other) => one - other).map((value) => ({ value, source }))
      );
      const expected = sources.flat().sort((one, other) => one.value - other.value);
      expect([...mergeSorted(sources, (one, other) => one.value - other.value)]).toEqual(expected);
    })
  );
});

test('sources are read no further than asked, and are let go', () => {
  const read: number[] = [];
  let isLetGo = false;
  function* source(): Generator<number> {
    try {
      for (let value = 1; ; value++) {
        read.push(value);
        yield value;
      }
    } finally {
      isLetGo = true;
    }
  }
  for (const value of mergeSorted([source(), [2]], (one, other) => one - other)) {
    if (value === 3) {
      break;
    }
  }
  expect(read).toEqual([1, 2, 3]);
  expect(isLetGo).toBe(true);
});
