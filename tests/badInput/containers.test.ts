import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultRequest } from '../../simulator/faults.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { manualClock } from '../support/manualClock.ts';
import { runBackend } from '../support/runningBackend.ts';
import type { RunningBackend } from '../support/runningBackend.ts';

/** Three nodes of old kubelets asked by `--source=kubernetes:…`, of which one misbehaves. */
const [BAD, FINE] = ['worker-2', 'worker-1'];
const folder = mkdtempSync(join(tmpdir(), 'heapscope-containers-'));

afterAll(() => rmSync(folder, { recursive: true }));

type Case = [what: string, fault: FaultRequest, sentence: RegExp];

const UNREADABLE = 'Kubelet on node worker-2 answered \\d+ bytes that are no containers: ';
const OF_CONTENT: Case[] = [
  ['answers garbage', 'garbage', new RegExp(`^${UNREADABLE}Expected an object, found "<!DOCTYPE ht" at byte 0\\. Ask`)],
  ['answers nothing', 'emptyBody', /sent an empty answer\. Ask it by hand for \/stats\/container\/ and look/],
  ['sends other types', 'wrongTypes', new RegExp(`^${UNREADABLE}Expected a list, found .* at byte \\d+\\. Ask it`)],
];
const OF_TIME: Case[] = [
  ['is an hour ahead', 'clockSkew', /has no sample of its machine of the last minute\. Compare its clock with this/],
];
const OF_TRANSPORT: Case[] = [
  [
    'forbids',
    { kind: 'status', status: 403 },
    /refused the request \(403\)\. Allow the user "simulator-admin" `create` on `nodes\/stats`, which POST \/stats\/container\/ needs; with the source kubernetes\.summary_api `get` is enough\.$/,
  ],
  ['fails', { kind: 'status', status: 500 }, /answered with status 500/],
  ['hangs', 'hanging', /did not answer within 1 s/],
  ['cuts it off', 'cutOff', /cut its answer off after \d+ bytes/],
  ['sends 50 MB', 'huge', /sends more than 32 MiB\. Raise the limit/],
];
const ODD: Array<[what: string, fault: FaultRequest, sentence: RegExp | undefined]> = [
  [
    'counts below 0',
    'negative',
    /sent \d+ values that cannot be \(negative, or 2\^64 and more\); they were left out\.$/,
  ],
  ['counts beyond 2^64', 'beyond2to64', /sent \d+ values that cannot be/],
  ['counts beyond 2^53', 'beyond2to53', undefined],
  ['leaves out what may be missing', 'missingBlocks', undefined],
];

describe.each([['direct'], ['proxy']])('old kubelets by --kubelet-access=%s', (access) => {
  const clock = manualClock(Date.parse('2026-11-21T12:00:00Z'));
  let simulator: Simulator;
  let backend: RunningBackend;

  beforeAll(async () => {
    simulator = await startSimulator({
      nodes: 3,
      podsPerNode: 8,
      now: clock.nowMs,
      apiHttps: true,
      kubeletHttps: true,
      oldKubelets: true,
    });
    const path = join(folder, `kubeconfig-${access}`);
    writeFileSync(path, simulator.kubeconfigYaml());
    const source = `--source=kubernetes:?inClusterConfig=false&auth=${path}&kubeletHttps=true`;
    const flags = [source, '--kubelet-timeout=1s', `--kubelet-access=${access}`];
    backend = await runBackend({ kind: 'kubeconfig', path }, clock, flags);
  }, 20_000);

  afterAll(async () => {
    await backend.stop();
    await simulator.stop();
  });

  afterEach(() => simulator.faults.clear());

  async function sentenceOf(node: string): Promise<[state: string, sentence: string | undefined]> {
    const { nodes } = await backend.status();
    const row = nodes.name.indexOf(node);
    return [nodes.state[row], nodes.errors[row]];
  }

  async function valueOf(node: string, metric: string): Promise<number | null | undefined> {
    return (await backend.panel({ level: 'node', metric })).values[node]?.[0];
  }

  async function expectOthersUntouched(): Promise<void> {
    expect(await sentenceOf(FINE)).toEqual(['ok', undefined]);
    expect(await valueOf(FINE, 'memory/cache')).toBeGreaterThan(0);
    expect(backend.log.filter((text) => / ERROR /.test(text))).toEqual([]);
  }

  async function expectRecovery(): Promise<void> {
    await simulator.faults.clear();
    await backend.nextRound();
    expect(await sentenceOf(BAD)).toEqual(['ok', undefined]);
    expect(await valueOf(BAD, 'memory/cache')).toBeGreaterThan(0);
    expect(await valueOf(BAD, 'ephemeral_storage/usage')).toBeUndefined();
  }

  test.each([...OF_CONTENT, ...OF_TIME, ...(access === 'direct' ? OF_TRANSPORT : [])])(
    'one that %s costs its own values only, and the status page says so',
    async (_what, fault, sentence) => {
      await backend.nextRound();
      await simulator.faults.set(BAD, fault);
      await backend.nextRound();
      expect(await sentenceOf(BAD)).toEqual(['failing', expect.stringMatching(sentence)]);
      expect((await valueOf(BAD, 'memory/cache')) ?? null).toBeNull();
      await expectOthersUntouched();
      await expectRecovery();
    }
  );

  test.each(ODD)('one that %s is used as far as it makes sense', async (_what, fault, sentence) => {
    await backend.nextRound();
    await simulator.faults.set(BAD, fault);
    await backend.nextRound();
    const [state, said] = await sentenceOf(BAD);
    expect(state).toBe('ok');
    expect(said).toEqual(sentence ? expect.stringMatching(sentence) : undefined);
    await expectOthersUntouched();
    await expectRecovery();
  });
});
