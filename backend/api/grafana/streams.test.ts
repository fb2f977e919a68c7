import { connect, type Socket } from 'node:net';
import express from 'express';
import { EventReader } from '../../../tests/support/serverSentEvents.ts';
import { until } from '../../../tests/support/until.ts';
import { HeapscopeError } from '../../errors.ts';
import type { RunningServer } from '../server.ts';
import { rememberingLog, serve } from '../testdata/serve.ts';
import { BEATS_OF_A_LIFE, BEATS_OF_PATIENCE, Streams } from './streams.ts';
import { RoundsByHand } from './testing/roundsByHand.ts';

const MEGABYTE = 2 ** 20;
/** More than the kernel keeps for a reader that does not read. */
const LARGE = 'x'.repeat(16 * MEGABYTE);

let rounds: RoundsByHand;
let beat: () => void;
let log: ReturnType<typeof rememberingLog>;
let streams: Streams;
let server: RunningServer;
/** What a stream answers; called once per answer. */
let answer: () => unknown;
let answered: number;

beforeEach(async () => {
  rounds = new RoundsByHand();
  log = rememberingLog();
  answered = 0;
  answer = () => answered;
  const everyBeat = (callback: () => void) => {
    beat = callback;
    return () => undefined;
  };
  streams = new Streams({ rounds, most: 5, mostPerAsker: 5, log, everyBeat });
  const app = express();
  app.post('/', (_request, response) =>
    streams.start(response, '', () => {
      answered += 1;
      return answer();
    })
  );
  server = await serve(app);
});

afterEach(async () => {
  streams.close();
  await server.close(0);
});

const read = async () => new EventReader(await fetch(server.url, { method: 'POST' }));

/** A reader that reads nothing until it is told to. */
async function openWithoutReading(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.pause();
  socket.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n');
  await until('the stream is open', () => streams.count === 1);
  return socket;
}

/** Until all that is due has been served: a second reader is served after the first. */
async function afterRound(witness: EventReader): Promise<void> {
  rounds.end();
  await witness.next();
}

test('between rounds there is nothing but comments', async () => {
  const reader = await read();
  await reader.next();
  beat();
  expect(await reader.next()).toEqual({ event: 'comment', data: undefined });
  rounds.end();
  expect(await reader.next()).toEqual({ event: 'answer', data: 2 });
  expect(answered).toBe(2);
});

test('a slow reader skips rounds and is not waited for; when it reads on, it gets the newest answer', async () => {
  answer = () => (answered === 1 ? LARGE : `answer ${answered}.`);
  const slow = await openWithoutReading();
  const witness = await read();
  await witness.next();
  for (let round = 0; round < 20; round++) {
    await afterRound(witness);
  }
  // One answer each at the begin, and then none for the reader that does not read.
  expect(answered).toBe(22);
  let tail = '';
  slow.on('data', (chunk) => {
    tail = (tail + chunk.toString('latin1')).slice(-1000);
  });
  slow.resume();
  await until('the newest answer arrives', () => tail.includes('answer 23.'));
  expect(tail).not.toContain('answer 2.');
  slow.destroy();
});

test('a reader that takes nothing for a minute is given up', async () => {
  answer = () => LARGE;
  const slow = await openWithoutReading();
  for (let count = 0; count < BEATS_OF_PATIENCE; count++) {
    expect(streams.count).toBe(1);
    beat();
  }
  await until('the stream is forgotten', () => streams.count === 0);
  slow.destroy();
});

test('a stream ends after ten minutes in good order, so that the token is checked again', async () => {
  const reader = await read();
  await reader.next();
  for (let count = 0; count < BEATS_OF_A_LIFE; count++) {
    beat();
  }
  let last = await reader.next();
  while (last?.event === 'comment') {
    last = await reader.next();
  }
  expect(last).toBeUndefined();
  expect(streams.count).toBe(0);
});

test('an answer that fails ends its stream with the sentence, and the others go on', async () => {
  answer = () => {
    if (answered === 3) {
      throw new HeapscopeError('forbidden', 'No longer allowed.');
    }
    return answered;
  };
  const [first, second] = [await read(), await read()];
  await Promise.all([first.next(), second.next()]);
  rounds.end();
  expect(await first.next()).toEqual({ event: 'failure', data: { code: 'forbidden', message: 'No longer allowed.' } });
  expect(await first.next()).toBeUndefined();
  expect(await second.next()).toEqual({ event: 'answer', data: 4 });
});

test('a fault of ours is logged, and the reader is told no more than that there was one', async () => {
  answer = () => {
    if (answered === 2) {
      throw new Error('secret');
    }
    return answered;
  };
  const reader = await read();
  await reader.next();
  rounds.end();
  expect(await reader.next()).toMatchObject({ event: 'failure', data: { code: 'internal' } });
  expect(log.sentences).toEqual(['A request failed by a fault of Heapscope.']);
});

test('after the end of all streams none is opened, and rounds reach nobody', async () => {
  const reader = await read();
  await reader.next();
  streams.close();
  expect(await reader.next()).toBeUndefined();
  rounds.end();
  beat();
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(503);
  expect(answered).toBe(1);
});
