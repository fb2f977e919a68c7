import { inSlices, toEnd } from './slices.ts';

function* counting(to: number, undone: number[]): Generator<void, number> {
  let done = 0;
  try {
    for (; done < to; done++) {
      yield;
    }
    return done;
  } catch (error) {
    undone.push(done);
    throw error;
  }
}

test('work gives the same in slices as at once', async () => {
  expect(await inSlices(counting(5, []))).toBe(5);
  expect(toEnd(counting(5, []))).toBe(5);
});

test('work that is stopped takes back what it had begun', async () => {
  const undone: number[] = [];
  const stopping = new AbortController();
  const work = inSlices(counting(Infinity, undone), stopping.signal);
  setImmediate(() => stopping.abort(new Error('closed')));
  await expect(work).rejects.toThrow('closed');
  expect(undone).toHaveLength(1);
  expect(undone[0]).toBeGreaterThan(0);
});
