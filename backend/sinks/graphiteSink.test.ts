import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { manualClock } from '../../tests/support/manualClock.ts';
import { until } from '../../tests/support/until.ts';
import type { GraphiteTarget } from './graphiteReceiver.ts';
import { openSinks, type Sinks } from './openSinks.ts';
import { FACTS, NO_RULES, nodeBatch, ROUND_MS, totals } from './testing/sinkBatches.ts';
import { freePort } from './testing/freePort.ts';

const opened: Sinks[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sinks) => sinks.close(0)));
});

function openTo(port: number, protocol: GraphiteTarget['protocol'] = 'tcp') {
  const log: string[] = [];
  const clock = manualClock(0);
  const sinks = openSinks({
    targets: [{ kind: 'graphite', protocol, host: '127.0.0.1', port, prefix: 'kubernetes' }],
    labels: NO_RULES,
    facts: FACTS,
    clock,
    log: { info: (sentence) => log.push(sentence), warn: (sentence) => log.push(sentence) },
  });
  opened.push(sinks);
  const write = (round: number) => {
    sinks.append(nodeBatch(ROUND_MS + round * 60_000));
    sinks.append(totals(ROUND_MS + round * 60_000));
    sinks.commit(ROUND_MS + round * 60_000);
  };
  return { sinks, log, clock, write, report: () => sinks.reports()[0] };
}

/** A carbon that remembers what it was told. */
async function listen(port: number) {
  const sockets = new Set<Socket>();
  let text = '';
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    connections: () => sockets.size,
    uptimes: () =>
      text
        .split('\n')
        .filter((line) => line.includes('.uptime '))
        .map((line) => Number(line.split(' ')[2])),
    lines: () => text.split('\n').filter((line) => line !== ''),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}

const secondsOf = (...rounds: number[]) => rounds.map((round) => ROUND_MS / 1000 + round * 60);

test('rounds travel as lines over one connection', async () => {
  const port = await freePort();
  const carbon = await listen(port);
  const { write, report } = openTo(port);
  [0, 1, 2].forEach(write);
  await until('three rounds', () => carbon.uptimes().length === 3);
  expect(carbon.uptimes()).toEqual(secondsOf(0, 1, 2));
  expect(carbon.lines()).toContain(`kubernetes.cluster.cpu.usage_rate 112 ${ROUND_MS / 1000}`);
  expect(carbon.lines().every((line) => /^kubernetes(\.[^\s.]+)+ -?[\d.]+(e[+-]\d+)? \d+$/.test(line))).toBe(true);
  expect(carbon.connections()).toBe(1);
  await until('all to be taken', () => report().waitingParcels === 0);
  expect(report()).toMatchObject({ id: `graphite:tcp://127.0.0.1:${port}/kubernetes`, problem: undefined, lost: 0 });
  await carbon.close();
});

test('a Graphite that is away is told, and has everything once it is back', async () => {
  const port = await freePort();
  const { write, report, clock, log } = openTo(port);
  [0, 1].forEach(write);
  await clock.sleeperUntil(1);
  expect(report().problem).toMatch(
    /^Graphite at tcp:\/\/127\.0\.0\.1:\d+: It cannot be reached \(.*connect ECONNREFUSED .+\)\. Values wait and are sent as soon as it answers\.$/
  );
  let carbon = await listen(port);
  clock.moveTo(1_000);
  await until('both rounds', () => carbon.uptimes().length === 2 && report().waitingParcels === 0);
  expect(log).toHaveLength(2);
  expect(log[1]).toMatch(/answers again\.$/);

  await carbon.close();
  carbon = await listen(port);
  // Nobody answers: what goes into a connection before its end has arrived here is lost.
  let round = 2;
  await until('a later round', () => {
    write(round++);
    clock.moveTo(clock.nowMs() + 1_000);
    return carbon.uptimes().length > 0;
  });
  expect(carbon.uptimes().every((seconds) => seconds > secondsOf(1)[0])).toBe(true);
  await carbon.close();
});

test('rounds travel as datagrams of whole lines too', async () => {
  const socket = createSocket('udp4');
  const datagrams: string[] = [];
  socket.on('message', (message) => datagrams.push(String(message)));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { write, report } = openTo((socket.address() as AddressInfo).port, 'udp');
  write(0);
  await until(
    'all to be sent',
    () => report().waitingParcels === 0 && datagrams.join('').includes('namespaces.shop.memory')
  );
  expect(datagrams.length).toBeGreaterThan(1);
  expect(datagrams.every((datagram) => datagram.endsWith('\n') && datagram.length <= 1_400)).toBe(true);
  await new Promise<void>((resolve) => socket.close(resolve));
});
