import { SharedParts } from './sharedParts.ts';

test('equal parts are one object', () => {
  const parts = new SharedParts();
  expect(parts.labels({ app: 'web', tier: 'x' })).toBe(parts.labels({ app: 'web', tier: 'x' }));
  expect(parts.amounts({ cpuMillicores: 1 })).toBe(parts.amounts({ cpuMillicores: 1 }));
  expect(parts.workload('Deployment', 'web')).toBe(parts.workload('Deployment', 'web'));
});

test('parts that differ are never mixed up', () => {
  const parts = new SharedParts();
  expect(parts.labels({ a: 'b', c: 'd' })).not.toEqual(parts.labels({ a: 'b\0c\0d' }));
  expect(parts.amounts({ cpuMillicores: 1 })).not.toEqual(parts.amounts({ memoryBytes: 1 }));
});

test('a label cannot change what an object is, and only texts are labels', () => {
  const labels = new SharedParts().labels(JSON.parse('{"__proto__":"x","constructor":"y","number":1}'));
  expect(Object.entries(labels)).toEqual([['constructor', 'y']]);
  expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
});

test('parts that nobody asks for are forgotten, those in use are kept', () => {
  const parts = new SharedParts();
  const rare = parts.workload('Job', 'rare');
  const common = parts.workload('Deployment', 'web');
  for (let index = 0; index < 40_000; index += 1) {
    parts.workload('Job', `tick-${index}`);
    expect(parts.workload('Deployment', 'web')).toBe(common);
  }
  expect(parts.workload('Job', 'rare')).not.toBe(rare);
});
