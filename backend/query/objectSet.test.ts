import { ObjectSet } from './objectSet.ts';

const web = { key: 'shop/web', names: { node: 'a', pod: 'web' }, firstSeenMs: 1000, lastSeenMs: 2000 };

test('an object is recognised in every copy of it, and told from its namesakes', () => {
  const set = new ObjectSet([web, { ...web, firstSeenMs: 5000, lastSeenMs: 6000 }]);
  expect([...set]).toHaveLength(2);
  expect(set.has(web)).toBe(true);
  expect(set.has({ ...web, names: { ...web.names } })).toBe(true);
  expect(set.has({ ...web, firstSeenMs: 3000 })).toBe(false);
  expect(set.has({ ...web, names: { ...web.names, node: 'b' } })).toBe(false);
  expect(set.has({ ...web, key: 'shop/db' })).toBe(false);
});
