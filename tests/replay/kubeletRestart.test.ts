import { readRecording } from '../support/recordings.ts';
import { startReplay } from './replayLine.ts';
import type { ReplayLine } from './replayLine.ts';

/** The kubelet of `lab-node-2` was restarted at 11:17:32. */
const recording = readRecording('kubelet-restart');
const ROUNDS = ['11:17:30', '11:17:45', '11:18:00', '11:18:15'].map((time) => Date.parse(`2026-11-21T${time}Z`));
const NODE = 'lab-node-2';
const HTTPD = 'shop/web-6f8b584b97-h4sz7/httpd';

let line: ReplayLine;

afterEach(() => line.close());

/** Runs the four rounds on these samples of the recording. */
async function collect(moments: readonly number[]): Promise<void> {
  line = await startReplay(recording);
  for (const [round, moment] of moments.entries()) {
    await line.collect(moment, ROUNDS[round], Date.parse(recording.kubelets[NODE][moment].askedAt));
  }
}

test('a kubelet that restarts between two rounds leaves no wrong rate', async () => {
  await collect([0, 9, 17, 26]);
  const node = line.history('node', 'cpu/usage_rate', NODE);
  expect(node[0]).toBe(NaN);
  // (3815212468052 − 3771301398543) ns in 11:17:22 → 11:17:44
  expect(node[1]).toBeCloseTo(43_911_069_509 / 22 / 1e6, 9);
  // (3835251351633 − 3815212468052) ns in 11:17:44 → 11:17:54
  expect(node[2]).toBeCloseTo(20_038_883_581 / 10 / 1e6, 9);
  // (3855289088132 − 3835251351633) ns in 11:17:54 → 11:18:04
  expect(node[3]).toBeCloseTo(20_037_736_499 / 10 / 1e6, 9);
});

test('the kubelet itself has no rate over its restart: its start is another, though its counter went on', async () => {
  await collect([0, 9, 17, 26]);
  const kubelet = `${NODE}/kubelet`;
  expect(line.history('sys_container', 'cpu/usage', kubelet).slice(0, 2)).toEqual([3_735_768_475, 3_977_269_192]);
  const rates = line.history('sys_container', 'cpu/usage_rate', kubelet);
  expect(rates.slice(0, 2)).toEqual([NaN, NaN]);
  // (4350378813 − 3977269192) ns in 11:17:33 → 11:17:49, (4665073349 − 4350378813) ns in 11:17:49 → 11:18:07
  expect(rates[2]).toBeCloseTo(373_109_621 / 16 / 1e6, 9);
  expect(rates[3]).toBeCloseTo(314_694_536 / 18 / 1e6, 9);
});

test('where the restarted kubelet says 0 nanocores, the rate comes from the counter all the same', async () => {
  await collect([0, 9, 17, 26]);
  expect(line.history('container', 'cpu/usage_rate_kubelet', HTTPD)[1]).toBe(0);
  // (59375285 − 54806850) ns in 11:17:26 → 11:17:45
  expect(line.history('container', 'cpu/usage_rate', HTTPD)[1]).toBeCloseTo(4_568_435 / 19 / 1e6, 9);
});

test('a round in which the kubelet refused is a gap, and rates begin anew after it', async () => {
  await collect([0, 1]);
  expect(line.collector.report(NODE)).toMatchObject({
    state: 'failing',
    answeredMs: Date.parse('2026-11-21T11:17:30.281Z'),
    problem: {
      code: 'kubelet_refused',
      message: expect.stringMatching(
        /^Kubelet on node lab-node-2 refused the connection at 127\.0\.0\.1:\d+\. Check that the kubelet runs and listens there\.$/
      ),
    },
  });
  await line.collect(17, ROUNDS[2], ROUNDS[2]);
  await line.collect(26, ROUNDS[3], ROUNDS[3]);
  expect(line.collector.report(NODE)).toMatchObject({ state: 'ok', problem: undefined });
  expect(line.history('node', 'memory/working_set', NODE)).toEqual([
    11_996_684_288,
    NaN,
    12_772_663_296,
    12_813_365_248,
  ]);
  const rates = line.history('node', 'cpu/usage_rate', NODE);
  expect(rates.slice(0, 3)).toEqual([NaN, NaN, NaN]);
  expect(rates[3]).toBeCloseTo(20_037_736_499 / 10 / 1e6, 9);
  expect(line.history('node', 'kubelet/answered', NODE)).toEqual([1, 0, 1, 1]);
});

test('pods that the API server does not know are kept as the kubelet told them', async () => {
  await collect([0]);
  expect(line.values('pod', 'memory/working_set', ROUNDS[0])).toHaveProperty('shop/web-6f8b584b97-h4sz7');
  expect(line.values('pod', 'cpu/request', ROUNDS[0])).not.toHaveProperty('shop/web-6f8b584b97-h4sz7');
});
