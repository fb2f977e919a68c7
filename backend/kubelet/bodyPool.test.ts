import { BodyPool } from './bodyPool.ts';

const HALF_MEBIBYTE = 1 << 19;

function bodyOf(...texts: readonly string[]): readonly [Buffer[], number] {
  const parts = texts.map((text) => Buffer.from(text));
  return [parts, parts.reduce((sum, { length }) => sum + length, 0)];
}

test('the parts of an answer are read as one', () => {
  expect(new BodyPool().join(...bodyOf('{"node"', ': {}', '}')).toString()).toBe('{"node": {}}');
  expect(new BodyPool().join([], 0)).toHaveLength(0);
});

test('an answer takes the memory of one that was given back, and no other', () => {
  const pool = new BodyPool();
  const kept = pool.join(...bodyOf('kept'));
  const first = pool.join(...bodyOf('first'));
  pool.giveBack(first);
  const second = pool.join(...bodyOf('second'));
  expect(second.buffer).toBe(first.buffer);
  expect([kept.toString(), second.toString()]).toEqual(['kept', 'second']);
  expect(pool.join(...bodyOf('third')).buffer).not.toBe(first.buffer);
});

test('a larger answer does not take memory that is too small for it', () => {
  const pool = new BodyPool();
  pool.giveBack(pool.join(...bodyOf('small')));
  const large = pool.join([Buffer.alloc(HALF_MEBIBYTE, 'x')], HALF_MEBIBYTE);
  expect(large).toHaveLength(HALF_MEBIBYTE);
  expect(large.every((byte) => byte === 0x78)).toBe(true);
});

test("memory that is not the pool's own is not taken", () => {
  const pool = new BodyPool();
  const foreign = Buffer.alloc(HALF_MEBIBYTE);
  pool.giveBack(foreign.subarray(1));
  pool.giveBack(Buffer.from('tiny'));
  const body = pool.join(...bodyOf('answer'));
  expect(body.buffer).not.toBe(foreign.buffer);
});
