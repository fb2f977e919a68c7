import fc from 'fast-check';
import { longestPacked, packSnappy } from './snappyBlock.ts';
import { unpackSnappy } from './testing/unpackSnappy.ts';

/** Texts as requests are made of: pieces that come again, with noise between them. */
const repetitive = fc
  .tuple(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(), { maxLength: 3000 })
  )
  .map(([pieces, order]) => Buffer.concat(order.map((number) => pieces[number % pieces.length])));

test.each([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([7])],
  ['sixteen bytes', Buffer.from('0123456789abcdef')],
  ['zeros', Buffer.alloc(200_000)],
  ['a text over and over', Buffer.from('heapscope_pod_cpu_usage_seconds_total'.repeat(5000))],
])('%s comes back', (_, bytes) => {
  expect(unpackSnappy(packSnappy(bytes)).equals(bytes)).toBe(true);
});

test('any bytes come back, and never take more room than promised', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 3000 }), repetitive), (bytes) => {
      const packed = packSnappy(bytes);
      expect(packed.length).toBeLessThanOrEqual(longestPacked(bytes.length));
      expect(unpackSnappy(packed).equals(bytes)).toBe(true);
    }),
    { numRuns: 400 }
  );
});

test('what repeats takes little room', () => {
  const bytes = Buffer.from('namespace="shop",pod="web-7d4b9c6f5-x2x9k"'.repeat(1000));
  expect(packSnappy(bytes).length).toBeLessThan(bytes.length / 15);
});
