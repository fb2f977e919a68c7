import { KeptValues } from './keptValues.ts';

test('values that were asked for last are kept, and no more weight of them than allowed', () => {
  const kept = new KeptValues<string>(100);
  const made: number[] = [];
  const ask = (name: number) => {
    const make = () => {
      made.push(name);
      return `value ${name}`;
    };
    expect(kept.value(1, name, 40, make)).toBe(`value ${name}`);
  };
  [1, 2, 1, 3, 1, 2, 3].forEach(ask);
  expect(made).toEqual([1, 2, 3, 2, 3]);
});

test('what an owner had is forgotten, and makes room', () => {
  const kept = new KeptValues<string>(100);
  kept.value(1, 8, 60, () => 'of one');
  kept.value(11, 8, 40, () => 'of another');
  kept.forget(1);
  expect(kept.value(1, 8, 60, () => 'new')).toBe('new');
  expect(kept.value(11, 8, 40, () => 'made again')).toBe('of another');
});
