import fc from 'fast-check';
import { concat, lastValueFrom, NEVER, of, toArray } from 'rxjs';
import { readEvents, type Chunk } from './eventStream';
import { chunksOf, chunk } from './testing/chunks';

const notAStream = () => new Error('This is no stream.');
const read = (chunks: Chunk[]) => lastValueFrom(readEvents(of(...chunks), notAStream).pipe(toArray()));

const TEXT = ':\n\nevent: answer\ndata: {"a":"ü€😀"}\n\n:\n\ndata: second\n\nevent: answer\ndata: {}\n\n';
const EVENTS = [
  { name: 'answer', data: '{"a":"ü€😀"}' },
  { name: 'message', data: 'second' },
  { name: 'answer', data: '{}' },
];

test('events come out the same wherever the answer is cut, comments do not', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  const cuts = fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }));
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => expect(await read(chunksOf(bytes, places))).toEqual(EVENTS))
  );
});

test('what was begun and not ended is no event', async () => {
  expect(await read([chunk('data: one\n\ndata: tw')])).toEqual([{ name: 'message', data: 'one' }]);
});

test('a refusal is an error with the body that explains it, in however many pieces it comes', async () => {
  const body = '{"code":"too_many_streams","message":"2 panels are live already."}';
  const pieces = [body.slice(0, 20), body.slice(20), undefined];
  await expect(read(pieces.map((text) => chunk(text, { ok: false, status: 429 })))).rejects.toMatchObject({
    status: 429,
    data: JSON.parse(body),
  });
});

test('a refusal by some proxy keeps the beginning of its page', async () => {
  await expect(read([chunk('<html>Bad gateway', { ok: false, status: 502 })])).rejects.toMatchObject({
    status: 502,
    data: { message: '<html>Bad gateway' },
  });
});

test('an answer of another type is an error at once, though it goes on', async () => {
  const page = concat(of(chunk('<html>', { type: 'text/html' })), NEVER);
  await expect(lastValueFrom(readEvents(page, notAStream))).rejects.toThrow('This is no stream.');
});
