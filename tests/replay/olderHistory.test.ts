import { endEverything, prometheus, prometheus3, victoriaMetrics } from '../../backend/remote/testing/processes.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { ROUND_MS, runBackend } from '../support/runningBackend.ts';
import { until } from '../support/until.ts';
import { replayCluster } from './replayCluster.ts';

const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const WORKING_SET = { level: 'node', metric: 'memory/working_set' } as const;

afterAll(endEverything);

/** What an engine has of one node at a time. */
async function valueAt(url: string, timeMs: number): Promise<number> {
  const query = new URLSearchParams({
    query: 'heapscope_node_memory_working_set_bytes{node="lab-node-1"}',
    time: String(timeMs / 1000),
  });
  const answer = await (await fetch(`${url}/api/v1/query?${query.toString()}`)).json();
  const { data } = answer as { data: { result: Array<{ value: [number, string] }> } };
  return Number(data.result[0]?.value[1]);
}

test.each([
  ['Prometheus', prometheus],
  ['Prometheus 3', prometheus3],
  ['VictoriaMetrics', victoriaMetrics],
])(
  'what a backend forgot is read back from %s, as one line with what it has collected since',
  async (_name, start) => {
    const cluster = await replayCluster(readRecording('three-generations'));
    const engine = await start();
    await engine.start();
    const run = async (rounds: number, fromMs: number, turn: number) => {
      await cluster.turnTo(turn);
      const clock = manualClock(fromMs);
      const flags = [
        '--kubelet-https=false',
        '--data-dir=none',
        `--remote-write=${engine.writeUrl}`,
        `--history=${engine.url}`,
      ];
      const backend = await runBackend({ kind: 'url', url: cluster.api.url }, clock, flags);
      for (let round = 1; round < rounds; round++) {
        await cluster.turnTo(turn + round);
        await backend.nextRound();
      }
      const show = () => backend.panel(WORKING_SET, { fromMs: FIRST_MS, toMs: clock.nowMs() });
      return { show, stop: () => backend.stop() };
    };
    const first = await run(4, FIRST_MS, 0);
    const before = await first.show();
    const last = FIRST_MS + 3 * ROUND_MS;
    await until('the engine has the last round', async () => {
      await engine.flush();
      return (await valueAt(engine.url, last)) === before.values['lab-node-1'][3];
    });
    await first.stop();
    const second = await run(3, FIRST_MS + 4 * ROUND_MS, 4);
    await until('the older values are there', async () => {
      const { values } = await second.show();
      return Object.values(values).every((line) => line.slice(0, 4).every((value) => value !== null));
    });
    const after = await second.show();
    expect(Object.keys(before.values)).toHaveLength(3);
    for (const [node, values] of Object.entries(before.values)) {
      expect(values).toHaveLength(4);
      expect(after.values[node]).toHaveLength(7);
      expect(after.values[node].slice(0, 4)).toEqual(values);
    }
    await second.stop();
    await cluster.close();
  },
  60_000
);
