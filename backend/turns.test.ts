import { Turns, type TurnKind } from './turns.ts';

/** Lets the event loop go round so often, and answers with whose turn came in each. */
async function rounds(count: number, asked: ReadonlyArray<readonly [TurnKind, string]>): Promise<string[][]> {
  const turns = new Turns();
  const came: string[][] = [];
  let now: string[] = [];
  asked.forEach(([kind, name]) => void turns.take(kind).then(() => now.push(name)));
  for (let round = 0; round < count; round++) {
    now = [];
    await new Promise((resolve) => setImmediate(resolve));
    came.push(now);
  }
  return came;
}

test('answers come one by one, and before any question', async () => {
  const came = await rounds(4, [
    ['question', 'ask a'],
    ['answer', 'b'],
    ['question', 'ask c'],
    ['answer', 'd'],
  ]);
  expect(came).toEqual([['b'], ['d'], ['ask a', 'ask c'], []]);
});

test('questions come a few at a time, so that answers and panels get between them', async () => {
  const came = await rounds(
    3,
    Array.from({ length: 10 }, (_, index) => ['question', String(index)] as const)
  );
  expect(came.map((each) => each.length)).toEqual([4, 4, 2]);
});

test('an answer that comes while questions wait goes first', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const ask = Array.from({ length: 8 }, (_, index) => turns.take('question').then(() => order.push(`ask ${index}`)));
  await new Promise((resolve) => setImmediate(resolve));
  await turns.take('answer').then(() => order.push('answer'));
  await Promise.all(ask);
  expect(order.indexOf('answer')).toBe(4);
});

test('it rests when nobody waits, and goes on when somebody does', async () => {
  const turns = new Turns();
  await turns.take('answer');
  await new Promise((resolve) => setImmediate(resolve));
  await turns.take('question');
  await turns.take('answer');
});
