import { startInflux, type InfluxServer } from '../../backend/sinks/testing/influxServer.ts';
import { manualClock } from '../support/manualClock.ts';
import { readRecording } from '../support/recordings.ts';
import { runBackend, type RunningBackend } from '../support/runningBackend.ts';
import { until } from '../support/until.ts';
import { replayCluster, type ReplayCluster } from './replayCluster.ts';

const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const ROUNDS = 4;
const NEWEST_MS = FIRST_MS + (ROUNDS - 1) * 15_000;

/** What the panels of Heapster's Grafana asked for: measurements by the type of object and what they are grouped by. */
const PANELS: ReadonlyArray<readonly [type: string, groupBy: string | undefined, measurements: readonly string[]]> = [
  ['node', undefined, ['cpu/usage_rate', 'cpu/limit', 'cpu/request']],
  ['node', 'nodename', ['cpu/usage_rate', 'cpu/limit', 'cpu/request']],
  ['node', undefined, ['memory/usage', 'memory/working_set', 'memory/limit', 'memory/request']],
  ['node', 'nodename', ['memory/usage', 'memory/working_set', 'memory/limit', 'memory/request']],
  ['node', 'nodename', ['network/tx_rate', 'network/rx_rate']],
  ['node', 'nodename', ['filesystem/usage', 'filesystem/limit']],
  ['pod_container', 'container_name', ['cpu/usage_rate', 'cpu/limit', 'cpu/request']],
  ['pod_container', 'container_name', ['memory/usage', 'memory/limit', 'memory/request', 'memory/working_set']],
  ['pod', undefined, ['network/tx_rate', 'network/rx_rate']],
  ['pod', undefined, ['filesystem/usage', 'filesystem/limit']],
];

const RANGE = `time >= ${FIRST_MS}ms AND time <= ${NEWEST_MS}ms`;

/** A query of an old dashboard, as Grafana sent it. */
function queryOf(measurement: string, type: string, filter: string, groupBy: string | undefined): string {
  const group = groupBy === undefined ? '' : `, "${groupBy}"`;
  return `SELECT mean("value") FROM "${measurement}" WHERE "type" = '${type}' ${filter} AND ${RANGE} GROUP BY time(15s)${group} fill(null)`;
}

const POD = { namespace: 'kube-system', pod: '' };
const OF_POD = () => `AND "namespace_name" =~ /${POD.namespace}$/ AND "pod_name" =~ /${POD.pod}$/`;

describe("a recorded cluster behind Heapster's old dashboards", () => {
  let cluster: ReplayCluster;
  let influx: InfluxServer;
  let backend: RunningBackend;

  beforeAll(async () => {
    influx = await startInflux();
    cluster = await replayCluster(readRecording('three-generations'));
    await cluster.turnTo(0);
    const flags = [
      '--kubelet-https=false',
      `--sink=influxdb:${influx.url}?retention=0`,
      `--sink=influxdb:${influx.url}?db=fields&withfields=true&cluster_name=east`,
    ];
    backend = await runBackend({ kind: 'url', url: cluster.api.url }, manualClock(FIRST_MS), flags);
    for (let moment = 1; moment < ROUNDS; moment++) {
      await cluster.turnTo(moment);
      await backend.nextRound();
    }
    await until('every round to be in InfluxDB', async () => {
      const uptimes = await Promise.all(
        ['k8s', 'fields'].map((database) =>
          influx.query(`SELECT last("value") FROM "uptime"`, database).catch(() => [])
        )
      );
      return uptimes.every((series) => series[0]?.values[0][0] === NEWEST_MS);
    });
    const pods = await influx.query(`SHOW TAG VALUES FROM "cpu/limit" WITH KEY = "pod_name" WHERE "type" = 'pod'`);
    const networked = await influx.query(`SHOW TAG VALUES FROM "network/rx_rate" WITH KEY = "pod_name"`);
    const known = new Set(networked[0].values.map(([, name]) => name));
    const volumes = await influx.query(
      `SHOW TAG VALUES FROM "filesystem/usage" WITH KEY = "pod_name" WHERE "type" = 'pod'`
    );
    const stored = new Set(volumes[0].values.map(([, name]) => name));
    POD.pod = String(pods[0].values.map(([, name]) => name).find((name) => known.has(name) && stored.has(name)));
    const [namespaces] = await influx.query(
      `SHOW TAG VALUES FROM "uptime" WITH KEY = "namespace_name" WHERE "pod_name" = '${POD.pod}'`
    );
    POD.namespace = String(namespaces.values[0][1]);
  });
  afterAll(async () => {
    await backend.stop();
    await cluster.close();
    await influx.close();
  });

  test('the variables list nodes, namespaces and the pods of a namespace', async () => {
    const valuesOf = async (statement: string) =>
      (await influx.query(statement)).flatMap(({ values }) => values.map(([, value]) => value));
    expect(await valuesOf('SHOW TAG VALUES FROM "uptime" WITH KEY = "nodename"')).toEqual([
      'lab-node-1',
      'lab-node-2',
      'lab-node-3',
    ]);
    expect(await valuesOf('SHOW TAG VALUES FROM "uptime" WITH KEY = "namespace_name"')).toContain('kube-system');
    expect(
      await valuesOf(
        `SHOW TAG VALUES FROM "uptime" WITH KEY = "pod_name" WHERE "namespace_name" =~ /${POD.namespace}$/`
      )
    ).toContain(POD.pod);
  });

  test.each(PANELS)('panels of %s by %s show a value in every round', async (type, groupBy, measurements) => {
    for (const measurement of measurements) {
      const filter = type === 'node' ? '' : OF_POD();
      const series = await influx.query(queryOf(measurement, type, filter, groupBy));
      expect(series.length).toBeGreaterThan(0);
      for (const { values } of series) {
        // A rate needs two rounds.
        const expected = measurement.endsWith('_rate') ? values.slice(1) : values;
        expect(expected.length).toBeGreaterThanOrEqual(ROUNDS - 1);
        expect(expected.every(([, value]) => typeof value === 'number')).toBe(true);
      }
    }
  });

  test('the numbers are those of our own panels, CPU as whole millicores', async () => {
    const read = async (measurement: string) =>
      Object.fromEntries(
        (await influx.query(queryOf(measurement, 'node', '', 'nodename'))).map(({ tags, values }) => [
          tags?.nodename,
          values.at(-1)?.[1],
        ])
      );
    const ours = async (metric: string) => {
      const { values } = await backend.panel({ level: 'node', metric });
      return Object.fromEntries(Object.entries(values).map(([node, [value]]) => [node, value]));
    };
    expect(await read('memory/working_set')).toEqual(await ours('memory/working_set'));
    expect(await read('memory/request')).toEqual(await ours('memory/request'));
    const [millicores, cores] = [await read('cpu/usage_rate'), await ours('cpu/usage_rate')];
    for (const [node, value] of Object.entries(millicores)) {
      expect(Number.isInteger(value)).toBe(true);
      expect(Math.abs(Number(value) - Number(cores[node]))).toBeLessThan(1);
    }
    expect(Object.keys(millicores)).toHaveLength(3);
  });

  test('the layout with fields answers the queries of its own dashboards', async () => {
    for (const [field, measurement] of [
      ['usage_rate', 'cpu'],
      ['working_set', 'memory'],
      ['tx_rate', 'network'],
      ['limit', 'filesystem'],
    ]) {
      const statement = `SELECT sum("${field}") FROM "${measurement}" WHERE "type" = 'node' AND "cluster_name" = 'east' AND ${RANGE} GROUP BY time(15s), "nodename" fill(null)`;
      const series = await influx.query(statement, 'fields');
      expect(series.map(({ tags }) => tags?.nodename)).toEqual(['lab-node-1', 'lab-node-2', 'lab-node-3']);
      expect(series.every(({ values }) => typeof values.at(-1)?.[1] === 'number')).toBe(true);
    }
  });

  test('nothing that Heapster had not is written, and what it had has its own kind of number', async () => {
    const names = (await influx.query('SHOW MEASUREMENTS'))[0].values.map(([name]) => String(name));
    expect(names.filter((name) => /psi|swap|interface|scheduler|actual|pods\/|kubelet|condition|:/.test(name))).toEqual(
      []
    );
    expect(names).toEqual(expect.arrayContaining(['uptime', 'restart_count', 'cpu/node_utilization', 'memory/rss']));
    const kinds = Object.fromEntries(
      (await influx.query('SHOW FIELD KEYS')).map(({ name, values }) => [name, values.map(([, kind]) => kind).join()])
    );
    expect(kinds).toMatchObject({
      'cpu/usage': 'integer',
      'cpu/usage_rate': 'integer',
      'cpu/node_utilization': 'float',
      'memory/node_capacity': 'float',
      'memory/page_faults_rate': 'float',
      'network/rx_rate': 'float',
      'filesystem/usage': 'integer',
    });
    const types = (await influx.query('SHOW TAG VALUES FROM "memory/working_set" WITH KEY = "type"'))[0].values;
    expect(types.map(([, type]) => type)).toEqual(['node', 'pod', 'pod_container', 'sys_container']);
  });

  test('the status page and our own metrics say how the sinks do, by names without a password', async () => {
    const metrics = async () => (await fetch(`${backend.url}/metrics`)).text();
    const before = await metrics();
    expect(before).toMatch(/heapscope_sink_values_total\{sink="influxdb:[^"]+\/k8s",outcome="delivered"\} [1-9]\d+/);
    expect(before).toMatch(/heapscope_sink_failing\{sink="influxdb:[^"]+\/fields"\} 0/);
    expect(before).not.toContain('root');

    await influx.stop();
    const endMs = await backend.nextRound();
    await until('both sinks to fail', async () => (await metrics()).match(/sink_failing\{[^}]+\} 1/g)?.length === 2);
    const { problems } = await backend.status();
    expect(problems[0].text).toMatch(
      /^InfluxDB at http:\/\/127\.0\.0\.1:\d+ \(database k8s\): It cannot be reached \(.+\)\. Values wait and are sent as soon as it answers\.$/
    );
    expect(Object.keys((await backend.panel({ level: 'node', metric: 'memory/usage' })).values)).toHaveLength(3);
    expect(endMs).toBe(NEWEST_MS + 15_000);
  });
});
