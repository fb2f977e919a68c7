import fc from 'fast-check';
import { linesOf } from './watchLines.ts';

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  let start = 0;
  for (let index = 0; start < bytes.length; index += 1) {
    const size = sizes[index % sizes.length];
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

async function collect(lines: AsyncIterable<Buffer>): Promise<string[]> {
  const texts: string[] = [];
  for await (const line of lines) {
    texts.push(line.toString());
  }
  return texts;
}

test('lines come whole however the stream is cut, within characters too', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), sizes, async (lines, partSizes) => {
      const text = lines.map((entry) => `${entry}\n`).join('');
      expect(await collect(linesOf(cut(text, partSizes), 10_000))).toEqual(lines);
    })
  );
});

test('what follows the last line break is a line, too', async () => {
  expect(await collect(linesOf(cut('a\nb', [2]), 10))).toEqual(['a', 'b']);
});

test('a line without end is an error', async () => {
  await expect(collect(linesOf(cut('x'.repeat(100), [7]), 50))).rejects.toThrow('longer than 50 bytes');
});
