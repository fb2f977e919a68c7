import { HeapscopeError } from '../errors.ts';
import { manualClock, type ManualClock } from '../../tests/support/manualClock.ts';
import { until } from '../../tests/support/until.ts';
import { DeliveryQueue, type QueueOptions } from './deliveryQueue.ts';

/** A receiver that does what the test says, and a log that remembers. */
function queueTo(clock: ManualClock, options: Partial<QueueOptions> = {}) {
  const taken: string[] = [];
  const log: string[] = [];
  let answer: (body: string) => Promise<void> = () => Promise.resolve();
  let attempts = 0;
  const queue = new DeliveryQueue({
    id: 'test',
    receiver: {
      title: 'Receiver',
      async send(body, _isPacked, signal) {
        attempts++;
        await Promise.race([
          answer(String(body)),
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
        ]);
        taken.push(String(body));
      },
      close: () => Promise.resolve(),
    },
    concurrency: 1,
    maxBytes: 1_000,
    clock,
    log: { info: (sentence) => log.push(sentence), warn: (sentence) => log.push(sentence) },
    ...options,
  });
  return {
    queue,
    taken,
    log,
    attempts: () => attempts,
    answerWith: (next: typeof answer) => (answer = next),
    add: (text: string) => queue.add({ body: Buffer.from(text), values: 1 }),
  };
}

const away = () => Promise.reject(new HeapscopeError('sink_unreachable', 'It is away.'));
const refuse = () => Promise.reject(new HeapscopeError('sink_refused', 'It says no.'));

test('while the receiver is away it is tried alone, after pauses that double to a minute, and nothing is lost', async () => {
  const clock = manualClock(0);
  const { queue, taken, log, attempts, answerWith, add } = queueTo(clock, { concurrency: 3 });
  answerWith(away);
  ['a', 'b', 'c', 'd'].forEach(add);
  const pauses: number[] = [];
  for (let index = 0; index < 8; index++) {
    const untilMs = await clock.sleeperUntil(clock.nowMs() + 1);
    pauses.push((untilMs - clock.nowMs()) / 1000);
    clock.moveTo(untilMs);
  }
  await clock.sleeperUntil(clock.nowMs() + 1);
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(attempts()).toBe(3 + 8);
  expect(queue.report().problem).toBe('Receiver: It is away. Values wait and are sent as soon as it answers.');

  answerWith(() => Promise.resolve());
  clock.moveTo(clock.nowMs() + 60_000);
  await until('all to be taken', () => taken.length === 4);
  expect(taken).toEqual(['a', 'b', 'c', 'd']);
  expect(log).toEqual([
    'Receiver: It is away. Values wait and are sent as soon as it answers.',
    'Receiver answers again.',
  ]);
  expect(queue.report()).toMatchObject({ problem: undefined, delivered: 4, refused: 0, lost: 0, waitingBytes: 0 });
  await queue.close(0);
});

test('what is refused is told once, not sent again, and keeps nobody waiting', async () => {
  const clock = manualClock(0);
  const { queue, taken, log, attempts, answerWith, add } = queueTo(clock);
  answerWith((body) => (body === 'bad' ? refuse() : Promise.resolve()));
  ['bad', 'a', 'bad', 'b'].forEach(add);
  await until('the others to be taken', () => taken.length === 2);
  expect(attempts()).toBe(4);
  expect(log).toEqual(['Receiver: It says no.']);
  expect(queue.report()).toMatchObject({ problem: 'Receiver: It says no.', delivered: 2, refused: 2 });

  clock.moveTo(11 * 60_000);
  expect(queue.report().problem).toBeUndefined();
  await queue.close(0);
});

test('what waits is bounded: the oldest is lost, and this is said', async () => {
  const clock = manualClock(0);
  const { queue, taken, log, answerWith, add } = queueTo(clock, { maxBytes: 30 });
  answerWith(away);
  for (let index = 10; index < 20; index++) {
    add(`${index}-3456789`);
  }
  await clock.sleeperUntil(1);
  const { waitingBytes, lost, problem } = queue.report();
  expect({ waitingBytes, lost }).toEqual({ waitingBytes: 30, lost: 7 });
  expect(problem).toContain('the oldest are lost');
  expect(log.filter((sentence) => sentence.includes('oldest'))).toHaveLength(1);
  answerWith(() => Promise.resolve());
  clock.moveTo(1_000);
  await until('the rest to be taken', () => taken.length === 3);
  // The first was under way while the others came.
  expect(taken).toEqual(['10-3456789', '18-3456789', '19-3456789']);
  expect(queue.report().waitingBytes).toBe(0);
  await queue.close(0);
});

test('the end waits for what the receiver takes, and not for one that is away', async () => {
  const clock = manualClock(0);
  const here = queueTo(clock);
  ['a', 'b', 'c'].forEach(here.add);
  await here.queue.close(5_000);
  expect(here.taken).toEqual(['a', 'b', 'c']);

  const gone = queueTo(clock);
  gone.answerWith(away);
  ['a', 'b'].forEach(gone.add);
  await gone.queue.close(5_000);
  expect(gone.log.at(-1)).toBe('Receiver: 2 values were not taken before the end and are lost.');

  const silent = queueTo(clock);
  silent.answerWith(() => new Promise(() => undefined));
  silent.add('a');
  await silent.queue.close(1);
  expect(silent.log.at(-1)).toBe('Receiver: 1 values were not taken before the end and are lost.');
});

test('parcels are packed while they wait, and travel as they are where that fails', async () => {
  const { queue, taken, log, add } = queueTo(manualClock(0), {
    pack: (body) => (String(body) === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve(Buffer.from('packed'))),
  });
  ['a', 'bad'].forEach(add);
  await until('both to be taken', () => taken.length === 2);
  expect(taken).toEqual(['packed', 'bad']);
  expect(log).toEqual([
    'Receiver: Values could not be made ready (no). This is a fault of Heapscope; please report it.',
  ]);
  expect(queue.report().waitingBytes).toBe(0);
  await queue.close(0);
});
