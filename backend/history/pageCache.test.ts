import { PageCache } from './pageCache.ts';

test('pages that were asked for last are kept, and no more bytes of them than allowed', () => {
  const cache = new PageCache(100);
  const opened: string[] = [];
  const ask = (name: string) => {
    const page = cache.page(name, () => {
      opened.push(name);
      return new Uint8Array(40).fill(name.charCodeAt(0));
    });
    expect(page[0]).toBe(name.charCodeAt(0));
  };
  ['a', 'b', 'a', 'c', 'a', 'b', 'c'].forEach(ask);
  expect(opened).toEqual(['a', 'b', 'c', 'b', 'c']);
});

test('a page that is larger than all that may be kept is not kept', () => {
  const cache = new PageCache(10);
  const first = cache.page('large', () => new Uint8Array(20));
  expect(cache.page('large', () => new Uint8Array(20))).not.toBe(first);
});

test('a page that cannot be opened is tried again', () => {
  const cache = new PageCache(10);
  expect(() =>
    cache.page('a', () => {
      throw new Error('damaged');
    })
  ).toThrow('damaged');
  expect(cache.page('a', () => Uint8Array.of(1))).toEqual(Uint8Array.of(1));
});
