import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../tests/support/until.ts';
import { nodeBatch } from '../store/testing/batches.ts';
import { endEverything, temporaryFolder } from './testing/processes.ts';
import { scriptedReceiver, takesVersion2, type Script, type ScriptedReceiver } from './testing/scriptedReceiver.ts';
import { stopSenders, testSender } from './testing/sending.ts';

let receiver: ScriptedReceiver;
beforeEach(async () => {
  receiver = await scriptedReceiver();
});
afterEach(async () => {
  await stopSenders();
  await receiver.close();
});
afterAll(endEverything);

/** The working sets that were taken, by the minute of their round, in the order they came. */
function taken(): string[] {
  return receiver.requests
    .filter(({ status }) => status < 300)
    .flatMap(({ series }) =>
      series
        .filter(({ labels }) => labels.__name__ === 'heapscope_pod_memory_working_set_bytes')
        .map(({ timestampMs, value }) => `${timestampMs}: ${value}`)
    );
}

const refuses =
  (status: number, headers = {}, text = '') =>
  () => ({ status, headers, text });

test('a round arrives with its samples, timestamps and the info of its objects', async () => {
  const sender = testSender({ url: receiver.url });
  sender.round(60_000, 5);
  await until('it arrives', () => receiver.requests.length === 1);
  expect(receiver.requests[0].protocol).toBe('1.0');
  expect(receiver.requests[0].series.map(({ labels, value, timestampMs }) => [labels, value, timestampMs])).toEqual([
    [{ __name__: 'heapscope_pod_memory_working_set_bytes', namespace: 'shop', node: 'a', pod: 'web' }, 5, 60_000],
    [{ __name__: 'heapscope_pod_info', namespace: 'shop', node: 'a', pod: 'web' }, 1, 60_000],
  ]);
  await until('it is counted', () => sender.reports()[0].pendingCount === 0);
  expect(sender.reports()[0]).toMatchObject({ sentCount: 2, newestSentMs: 60_000, problems: [], memoryBytes: 0 });
});

test('a round that was never committed is not sent', async () => {
  const sender = testSender({ url: receiver.url });
  const rows = { pod: [{ key: 'x', names: { pod: 'x' }, values: { 'memory/rss': 1 } }] };
  sender.append(nodeBatch('a', 60_000, rows));
  sender.round(120_000, 5);
  await until('the next one arrives', () => taken().length === 1);
  expect(receiver.requests.flatMap(({ series }) => series.map(({ timestampMs }) => timestampMs))).not.toContain(60_000);
});

test('credentials are read from their files for each request, and headers and labels are added', async () => {
  const tokenFile = join(temporaryFolder(), 'token');
  writeFileSync(tokenFile, 'first-token\n');
  const headers = { 'X-Scope-OrgID': 'team' };
  const sender = testSender({ url: `${receiver.url}?extra=1`, tokenFile, headers, labels: { cluster: 'prod' } });
  sender.round(60_000, 5);
  await until('it arrives', () => taken().length === 1);
  writeFileSync(tokenFile, 'second-token');
  sender.round(120_000, 6);
  await until('the next one arrives', () => taken().length === 2);
  const [first, second] = receiver.requests;
  expect([first.path, first.headers.authorization]).toEqual(['/api/v1/write?extra=1', 'Bearer first-token']);
  expect(first.headers['x-scope-orgid']).toBe('team');
  expect(second.headers.authorization).toBe('Bearer second-token');
  expect(first.series.every(({ labels }) => labels.cluster === 'prod')).toBe(true);
});

test('basic authentication comes from a file, and a file that is missing is a problem without its content', async () => {
  const basicAuthFile = join(temporaryFolder(), 'pair');
  const sender = testSender({ url: receiver.url, basicAuthFile });
  sender.round(60_000, 5);
  await sender.clock.sleeperUntil(1_001_000);
  expect(sender.problems()[0]).toMatch(/^The credentials for receiver cannot be read: .*ENOENT.*pair/);
  writeFileSync(basicAuthFile, 'user:pass');
  sender.clock.moveTo(1_001_000);
  await until('it arrives', () => sender.reports()[0].pendingCount === 0);
  expect(receiver.requests[0].headers.authorization).toBe(`Basic ${btoa('user:pass')}`);
  expect(sender.problems()).toEqual([]);
});

describe('protocols', () => {
  test('2.0 is spoken to who confirms what it wrote', async () => {
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    await until('it arrives', () => sender.reports()[0].sentCount === 2);
    expect(receiver.requests.map(({ protocol }) => protocol)).toEqual(['2.0']);
    expect(receiver.requests[0].series[1].metadata?.type).toBe(6);
  });

  test.each([
    ['answers 415', refuses(415)],
    ['cannot read it', refuses(400, {}, 'unmarshal')],
    ['takes it and wrote nothing', refuses(204)],
  ])('1.0 is spoken to who %s, from then on', async (_, script) => {
    receiver.script = (request) => (request.protocol === '2.0' ? script() : { status: 204 });
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    await until('it arrives', () => sender.reports()[0].sentCount === 2);
    sender.round(120_000, 6);
    await until('the next one arrives', () => sender.reports()[0].sentCount === 4);
    expect(receiver.requests.map(({ protocol }) => protocol)).toEqual(['2.0', '1.0', '1.0']);
    expect(sender.reports()[0].protocol).toBe('1.0');
    expect(sender.told).toEqual(['receiver does not speak protocol 2.0 of remote write; 1.0 is used.']);
  });

  test('who spoke 2.0 once is believed when it refuses samples', async () => {
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    await until('it arrives', () => sender.reports()[0].sentCount === 2);
    receiver.script = refuses(400, { 'X-Prometheus-Remote-Write-Samples-Written': '1' }, 'out of order');
    sender.round(120_000, 6);
    await until('it is refused', () => sender.reports()[0].droppedCounts.refused === 1);
    expect(sender.reports()[0]).toMatchObject({ sentCount: 3, protocol: '2.0' });
  });

  test('who says how much of the very first round it wrote speaks 2.0: nothing is sent twice', async () => {
    receiver.script = refuses(400, { 'X-Prometheus-Remote-Write-Samples-Written': '1' }, 'out of order');
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    await until('it is dealt with', () => sender.reports()[0].pendingCount === 0);
    expect(receiver.requests.map(({ protocol }) => protocol)).toEqual(['2.0']);
    expect(sender.reports()[0]).toMatchObject({ sentCount: 1, protocol: '2.0', droppedCounts: { refused: 1 } });
  });

  test('who wrote nothing of the first round and says so is believed from then on', async () => {
    receiver.script = refuses(400, { 'X-Prometheus-Remote-Write-Samples-Written': '0' }, 'too old');
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    await until('it is refused', () => sender.reports()[0].droppedCounts.refused === 2);
    receiver.script = refuses(400, {}, 'an answer of something in between');
    sender.round(120_000, 6);
    await until('the next one too', () => sender.reports()[0].droppedCounts.refused === 4);
    expect(receiver.requests.map(({ protocol }) => protocol)).toEqual(['2.0', '2.0']);
  });

  test('who takes 2.0 only stays with it, even if it once refuses a round without saying what it wrote', async () => {
    const only2: Script = (request) => (request.protocol === '2.0' ? takesVersion2(request) : { status: 415 });
    receiver.script = (request) => (request.protocol === '2.0' ? { status: 400 } : { status: 415 });
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    await until('it is refused', () => sender.reports()[0].droppedCounts.refused === 2);
    receiver.script = only2;
    sender.round(120_000, 6);
    await until('the next one arrives', () => sender.reports()[0].sentCount === 2);
    expect(receiver.requests.map(({ protocol, status }) => [protocol, status])).toEqual([
      ['2.0', 400],
      ['1.0', 415],
      ['2.0', 204],
    ]);
    expect(sender.reports()[0].protocol).toBe('2.0');
  });

  test('2.0 is spoken again to who does not take 1.0 any more, and the other way round', async () => {
    const only = (spoken: string): Script => {
      return (request) => (request.protocol === spoken ? takesVersion2(request) : { status: 415 });
    };
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    for (const [index, spoken] of ['1.0', '2.0', '1.0'].entries()) {
      receiver.script = only(spoken);
      sender.round((index + 1) * 60_000, 5);
      await until(`it arrives by ${spoken}`, () => sender.reports()[0].sentCount === 2 * (index + 1));
      expect(sender.reports()[0]).toMatchObject({ protocol: spoken, droppedCounts: { refused: 0 } });
    }
    expect(taken()).toEqual(['60000: 5', '120000: 5', '180000: 5']);
    expect(sender.told).toEqual([
      'receiver does not speak protocol 2.0 of remote write; 1.0 is used.',
      'receiver does not speak protocol 1.0 of remote write; 2.0 is used.',
      'receiver does not speak protocol 2.0 of remote write; 1.0 is used.',
    ]);
  });

  test('who takes neither is asked once by each per request, and that is told once', async () => {
    receiver.script = refuses(415, {}, 'neither');
    const sender = testSender({ url: receiver.url, protocol: 'auto' });
    sender.round(60_000, 5);
    sender.round(120_000, 6);
    await until('all are refused', () => sender.reports()[0].droppedCounts.refused === 4);
    expect(receiver.requests.map(({ protocol }) => protocol)).toEqual(['2.0', '1.0', '2.0', '1.0']);
    expect(sender.told).toHaveLength(1);
  });

  test('2.0 alone does not become 1.0', async () => {
    receiver.script = refuses(415, {}, 'what is this?');
    const sender = testSender({ url: receiver.url, protocol: '2.0' });
    sender.round(60_000, 5);
    await until('it is refused', () => sender.reports()[0].droppedCounts.refused === 2);
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('a receiver that does not take samples', () => {
  test.each([500, 503, 429])(
    'is tried again after %i, with growing pauses, and gets everything in order',
    async (status) => {
      receiver.script = refuses(status, {}, 'not now');
      const sender = testSender({ url: receiver.url });
      sender.round(60_000, 5);
      sender.round(120_000, 6);
      let now = 1_000_000;
      for (const pauseMs of [1000, 2000, 4000, 8000, 8000]) {
        const wakesMs = await sender.clock.sleeperUntil(now);
        expect(wakesMs - now).toBe(pauseMs);
        now = wakesMs;
        sender.clock.moveTo(now);
      }
      await sender.clock.sleeperUntil(now + 1);
      expect(sender.problems()).toEqual([`receiver answered ${status} (not now). Samples wait and are sent again.`]);
      expect(sender.told).toHaveLength(1);
      expect(sender.reports()[0]).toMatchObject({ sentCount: 0, failedCount: 12, pendingCount: 4 });
      receiver.script = refuses(204);
      sender.clock.moveTo(now + 8000);
      await until('all arrive', () => sender.reports()[0].pendingCount === 0);
      expect(taken()).toEqual(['60000: 5', '120000: 6']);
      expect(sender.told[1]).toBe('receiver takes samples again, after 31 s.');
      expect(sender.problems()).toEqual([]);
    }
  );

  test('is left alone as long as it asks for', async () => {
    receiver.script = refuses(429, { 'Retry-After': '120' });
    const sender = testSender({ url: receiver.url });
    sender.round(60_000, 5);
    expect(await sender.clock.sleeperUntil(1_000_001)).toBe(1_120_000);
    receiver.script = refuses(503, { 'Retry-After': new Date(1_150_000).toUTCString() });
    sender.clock.moveTo(1_120_000);
    expect(await sender.clock.sleeperUntil(1_120_001)).toBe(1_150_000);
  });

  test.each([400, 401, 403, 404, 409, 413, 422])(
    'loses what it refuses by %i, and nothing is tried again',
    async (status) => {
      receiver.script = refuses(status, {}, 'no\nthanks');
      const sender = testSender({ url: receiver.url });
      for (const minute of [1, 2, 3]) {
        sender.round(minute * 60_000, 5);
      }
      await until('all are refused', () => sender.reports()[0].droppedCounts.refused === 6);
      expect(receiver.requests).toHaveLength(3);
      expect(sender.told).toHaveLength(1);
      expect(sender.told[0]).toMatch(new RegExp(`^receiver answered ${status} \\(no thanks\\)\\. .*lost`));
      expect(sender.problems()).toEqual(sender.told);
    }
  );

  test('that redirects keeps its samples waiting', async () => {
    receiver.script = refuses(308, { Location: 'https://elsewhere/' });
    const sender = testSender({ url: receiver.url });
    sender.round(60_000, 5);
    await sender.clock.sleeperUntil(1_000_001);
    expect(sender.problems()[0]).toContain('a redirection to https://elsewhere/');
    expect(sender.reports()[0].pendingCount).toBe(2);
  });

  test('does not hold up another one', async () => {
    const other = await scriptedReceiver(refuses(204));
    receiver.script = refuses(500);
    const receivers = [receiver, other].map(({ url }, index) => ({
      url,
      name: `${index}`,
      title: `number ${index}`,
      protocol: '1.0' as const,
    }));
    const sender = testSender({ url: receiver.url }, { receivers });
    sender.round(60_000, 5);
    await until('the other has it', () => sender.reports()[1].sentCount === 2);
    expect(sender.reports()[0]).toMatchObject({ sentCount: 0, pendingCount: 2 });
    await stopSenders();
    await other.close();
  });
});

describe('the queue', () => {
  const files = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.queue'));

  test('goes to the disk as soon as a receiver fails, and is sent by the next process', async () => {
    const folder = temporaryFolder();
    receiver.script = refuses(503);
    const first = testSender({ url: receiver.url }, { folder });
    first.round(60_000, 5);
    first.round(120_000, 6);
    await until('it is on disk', () => first.reports()[0].memoryBytes === 0 && first.reports()[0].diskBytes > 0);
    first.round(180_000, 7);
    await until('what comes later too', () => first.reports()[0].memoryBytes === 0);
    await first.stop();
    expect(files(folder)).toHaveLength(1);

    receiver.script = refuses(204);
    const second = testSender({ url: receiver.url }, { folder });
    second.round(240_000, 8);
    await until('all arrive', () => second.reports()[0].pendingCount === 0 && taken().length === 4);
    expect(taken()).toEqual(['60000: 5', '120000: 6', '180000: 7', '240000: 8']);
    await until('the files are gone', () => files(folder).length === 0 && second.reports()[0].diskBytes === 0);
  });

  test('goes to the disk when a receiver that answers well is slower than the rounds, and outlasts a crash', async () => {
    const [folder, crashed] = [temporaryFolder(), temporaryFolder()];
    let asked = 0;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    receiver.script = async () => {
      asked++;
      await held;
      return { status: 204 };
    };
    const first = testSender({ url: receiver.url }, { folder });
    first.round(60_000, 1);
    await until('the first is on its way', () => asked === 1);
    expect(files(folder)).toEqual([]);
    first.round(120_000, 2);
    first.round(180_000, 3);
    await until('all are on disk', () => first.reports()[0].memoryBytes === 0 && first.reports()[0].diskBytes > 0);
    cpSync(folder, crashed, { recursive: true });
    letGo();
    await until('all arrive', () => first.reports()[0].sentCount === 6);
    expect(taken()).toEqual(['60000: 1', '120000: 2', '180000: 3']);
    await until('the files are gone', () => files(folder).length === 0);
    await first.stop();

    receiver.requests.length = 0;
    receiver.script = takesVersion2;
    const second = testSender({ url: receiver.url }, { folder: crashed });
    await until('all arrive after the crash', () => second.reports()[0].sentCount === 6);
    expect(taken()).toEqual(['60000: 1', '120000: 2', '180000: 3']);
  });

  test('does not touch the disk for a receiver that keeps up', async () => {
    const folder = temporaryFolder();
    const sender = testSender({ url: receiver.url }, { folder });
    for (let minute = 1; minute <= 10; minute++) {
      sender.round(minute * 60_000, minute);
      await until('it is taken', () => sender.reports()[0].pendingCount === 0);
      expect(files(folder)).toEqual([]);
    }
  });

  test('outlasts a crash: what was on disk at that moment is sent, in order and once', async () => {
    const [folder, crashed] = [temporaryFolder(), temporaryFolder()];
    receiver.script = refuses(503);
    const first = testSender({ url: receiver.url }, { folder });
    [1, 2, 3].forEach((minute) => first.round(minute * 60_000, minute));
    await until('it is on disk', () => first.reports()[0].memoryBytes === 0 && first.reports()[0].diskBytes > 0);
    cpSync(folder, crashed, { recursive: true });
    receiver.script = refuses(204);
    const second = testSender({ url: receiver.url }, { folder: crashed });
    await until('all arrive', () => second.reports()[0].sentCount === 6);
    expect(taken()).toEqual(['60000: 1', '120000: 2', '180000: 3']);
  });

  test('does not send again what arrived before a restart', async () => {
    const folder = temporaryFolder();
    receiver.script = refuses(503);
    const first = testSender({ url: receiver.url }, { folder });
    [1, 2, 3].forEach((minute) => first.round(minute * 60_000, minute));
    await until('it is on disk', () => first.reports()[0].memoryBytes === 0 && first.reports()[0].diskBytes > 0);
    receiver.script = ({ series }) => ({ status: series[0].timestampMs > 120_000 ? 503 : 204 });
    first.clock.moveTo(await first.clock.sleeperUntil(1_000_001));
    await until('two arrive', () => taken().length === 2);
    await first.clock.sleeperUntil(1_001_001);
    await first.stop();
    receiver.script = refuses(204);
    const second = testSender({ url: receiver.url }, { folder });
    await until('the last arrives', () => second.reports()[0].sentCount === 2);
    expect(taken()).toEqual(['60000: 1', '120000: 2', '180000: 3']);
  });

  test('is bounded in memory: the oldest are lost and counted', async () => {
    receiver.script = refuses(503);
    const sender = testSender({ url: receiver.url }, { maxMemoryBytes: 1000 });
    for (let minute = 1; minute <= 50; minute++) {
      sender.round(minute * 60_000, minute);
    }
    await until('it waits', () => sender.reports()[0].failedCount > 0);
    const { droppedCounts, pendingCount, memoryBytes } = sender.reports()[0];
    expect(memoryBytes).toBeLessThanOrEqual(1000);
    expect(droppedCounts.queue_full + pendingCount).toBe(100);
    expect(sender.problems()).toContainEqual(expect.stringContaining('The queue of receiver is full'));
    receiver.script = refuses(204);
    sender.clock.moveTo(await sender.clock.sleeperUntil(1_000_001));
    await until('the rest arrives', () => sender.reports()[0].pendingCount === 0);
    expect(taken().at(-1)).toBe('3000000: 50');
    expect(taken()).toHaveLength(pendingCount / 2);
  });

  test('is bounded on disk: the oldest are lost and counted', async () => {
    const folder = temporaryFolder();
    receiver.script = refuses(503);
    const sender = testSender({ url: receiver.url }, { folder, maxDiskBytes: 8_000 });
    for (let minute = 1; minute <= 60; minute++) {
      sender.round(minute * 60_000, minute);
      await until('it is on disk', () => sender.reports()[0].memoryBytes === 0);
    }
    const { droppedCounts, pendingCount, diskBytes } = sender.reports()[0];
    expect(diskBytes).toBeLessThanOrEqual(8_000);
    expect(droppedCounts.queue_full).toBeGreaterThan(0);
    expect(droppedCounts.queue_full + pendingCount).toBe(120);
    receiver.script = refuses(204);
    sender.clock.moveTo(await sender.clock.sleeperUntil(1_000_001));
    await until('the rest arrives', () => sender.reports()[0].pendingCount === 0);
    expect(taken().at(-1)).toBe('3600000: 60');
  });

  test('leaves out what the disk has damaged, with a sentence, and sends the rest', async () => {
    const folder = temporaryFolder();
    receiver.script = refuses(503);
    const first = testSender({ url: receiver.url }, { folder });
    [1, 2, 3].forEach((minute) => first.round(minute * 60_000, minute));
    await until('it is on disk', () => first.reports()[0].memoryBytes === 0 && first.reports()[0].diskBytes > 0);
    await first.stop();
    const path = join(folder, files(folder)[0]);
    const bytes = readFileSync(path);
    bytes[60] ^= 1;
    writeFileSync(path, bytes.subarray(0, bytes.length - 3));
    receiver.script = refuses(204);
    const second = testSender({ url: receiver.url }, { folder });
    await until('the rest arrives', () => second.reports()[0].pendingCount === 0 && taken().length === 1);
    expect(taken()).toEqual(['120000: 2']);
    expect(second.reports()[0].droppedCounts.damaged).toBe(2);
    expect(second.told.join('\n')).toMatch(/last \d+ bytes of .* are torn or damaged[^]*cannot be read and are lost/);
  });

  test('that a newer version wrote is set aside', async () => {
    const folder = temporaryFolder();
    receiver.script = refuses(503);
    const first = testSender({ url: receiver.url }, { folder });
    first.round(60_000, 5);
    await until('it is on disk', () => first.reports()[0].memoryBytes === 0 && first.reports()[0].diskBytes > 0);
    await first.stop();
    const path = join(folder, files(folder)[0]);
    writeFileSync(path, readFileSync(path).fill('HEAPRQ99', 0, 8));
    const second = testSender({ url: receiver.url }, { folder });
    await until('it is told', () => second.told.length > 0);
    expect(second.told[0]).toContain(`${path} is not a queue that this version can read`);
    expect(readFileSync(`${path}.unreadable`).toString('latin1', 0, 8)).toBe('HEAPRQ99');
  });

  test('stays in memory while the disk does not take it, and says so', async () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, '');
    receiver.script = refuses(503);
    const sender = testSender({ url: receiver.url }, { folder });
    sender.round(60_000, 5);
    const wakesMs = await sender.clock.sleeperUntil(1_000_001);
    await until('it is told', () => sender.problems().some((sentence) => sentence.includes('cannot be kept on disk')));
    receiver.script = takesVersion2;
    sender.clock.moveTo(wakesMs);
    await until('it arrives', () => taken().length === 1);
  });
});
