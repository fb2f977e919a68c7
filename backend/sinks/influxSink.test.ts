import fc from 'fast-check';
import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { machineClock } from '../rounds.ts';
import { manualClock } from '../../tests/support/manualClock.ts';
import { serve } from '../../tests/support/server.ts';
import { createAuthority } from '../../tests/support/certificates.ts';
import { until } from '../../tests/support/until.ts';
import { expressible, measurementWord, tagList, tagWord } from './lineProtocol.ts';
import { openSinks, type SinkOptions, type Sinks, type SinkTarget } from './openSinks.ts';
import { startInflux, type InfluxServer } from './testing/influxServer.ts';
import { FACTS, NO_RULES, nodeBatch, ROUND_MS, totals } from './testing/sinkBatches.ts';

const opened: Sinks[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sinks) => sinks.close(0)));
});

type InfluxSinkTarget = Extract<SinkTarget, { kind: 'influxdb' }>;

function openTo(target: Partial<InfluxSinkTarget> & { url: string }, options: Partial<SinkOptions> = {}) {
  const log: string[] = [];
  const whole: InfluxSinkTarget = {
    ...{ kind: 'influxdb', user: 'root', password: 'root', database: 'k8s', insecureTls: false, concurrency: 1 },
    ...{ clusterName: 'default', withFields: false, withoutCounters: false },
    ...target,
  };
  const sinks = openSinks({
    targets: [whole],
    labels: NO_RULES,
    facts: FACTS,
    clock: machineClock,
    log: { info: (sentence) => log.push(sentence), warn: (sentence) => log.push(sentence) },
    ...options,
  });
  opened.push(sinks);
  const report = () => sinks.reports()[0];
  return {
    ...{ log, report },
    write(...batches: Array<NodeBatch | TotalsBatch>) {
      batches.forEach(sinks.append);
      sinks.commit(batches[0].timestampMs);
    },
    async finished() {
      const done = () => {
        const { waitingParcels } = report();
        return waitingParcels === 0;
      };
      await until('all parcels to be delivered', done);
      return report();
    },
  };
}

describe('on a database of its own', () => {
  let influx: InfluxServer;

  beforeAll(async () => {
    influx = await startInflux();
  });
  afterAll(() => influx.close());

  test('values come back as integers of 64 bits or floats, at the end of the round, by their tags', async () => {
    const { write, finished } = openTo({ url: influx.url });
    write(nodeBatch(), totals());
    expect(await finished()).toMatchObject({ problem: undefined, refused: 0, lost: 0 });

    expect(await influx.queryText(`SELECT value FROM "cpu/usage" WHERE "type" = 'node'`)).toContain(
      `[${ROUND_MS},9007199254740993]`
    );
    expect(await influx.queryText(`SELECT value FROM "network/rx"`)).toContain(`[${ROUND_MS},-1]`);
    expect(await influx.query('SHOW FIELD KEYS FROM "cpu/usage_rate", "cpu/node_capacity", "network/rx_rate"')).toEqual(
      [
        { name: 'cpu/node_capacity', columns: ['fieldKey', 'fieldType'], values: [['value', 'float']] },
        { name: 'cpu/usage_rate', columns: ['fieldKey', 'fieldType'], values: [['value', 'integer']] },
        { name: 'network/rx_rate', columns: ['fieldKey', 'fieldType'], values: [['value', 'float']] },
      ]
    );
    const [rate] = await influx.query(`SELECT * FROM "cpu/usage_rate" WHERE "type" = 'pod_container'`);
    expect(Object.fromEntries(rate.columns.map((column, index) => [column, rate.values[0][index]]))).toEqual({
      time: ROUND_MS,
      cluster_name: 'default',
      container_base_image: 'registry.example/shop/web-1:1',
      container_name: 'app',
      labels: 'example.org/team:blue,tier:front',
      namespace_name: 'shop',
      nodename: 'worker-1',
      pod_name: 'web-1',
      type: 'pod_container',
      value: 99,
    });
    expect(await influx.query('SHOW RETENTION POLICIES')).toMatchObject([
      { values: [['default', '0s', '168h0m0s', 1, true]] },
    ]);
  });

  test('with fields the metrics of a group are fields of one point', async () => {
    const { write, finished } = openTo({
      url: influx.url,
      database: 'fields',
      withFields: true,
      retention: '4h',
    });
    const nowMs = Math.floor(Date.now() / 1000) * 1000;
    write(nodeBatch(nowMs));
    expect(await finished()).toMatchObject({ problem: undefined, refused: 0 });
    const query = `SELECT usage_rate, node_capacity, "request" FROM "cpu" WHERE "type" = 'node'`;
    expect(await influx.query(query, 'fields')).toMatchObject([{ values: [[nowMs, 1234, 4000, null]] }]);
    expect(await influx.query(`SELECT "gpu/request" FROM "nvidia.com"`, 'fields')).toMatchObject([
      { values: [[nowMs, 1]] },
    ]);
    expect(await influx.query('SHOW RETENTION POLICIES', 'fields')).toMatchObject([
      { values: [['default', '4h0m0s', '1h0m0s', 1, true]] },
    ]);
  });

  test('a database that is there keeps its policies, and gets the one Heapster wrote to if that is missing', async () => {
    await influx.query('CREATE DATABASE given');
    await influx.query('CREATE DATABASE kept WITH DURATION 30d NAME "default"');
    for (const database of ['given', 'kept']) {
      const { write, finished } = openTo({ url: influx.url, database, retention: '2000d' });
      write(nodeBatch(Math.floor(Date.now() / 1000) * 1000));
      expect(await finished()).toMatchObject({ problem: undefined, refused: 0 });
    }
    expect(await influx.query('SHOW RETENTION POLICIES', 'given')).toMatchObject([
      {
        values: [
          ['autogen', '0s', '168h0m0s', 1, false],
          ['default', '48000h0m0s', '168h0m0s', 1, true],
        ],
      },
    ]);
    expect(await influx.query('SHOW RETENTION POLICIES', 'kept')).toMatchObject([
      { values: [['default', '720h0m0s', '24h0m0s', 1, true]] },
    ]);
  });

  test('a database that is dropped meanwhile is created again, and the round that found out is in it', async () => {
    const { write, finished, log } = openTo({ url: influx.url, database: 'dropped' });
    write(nodeBatch());
    await finished();
    await influx.query('DROP DATABASE dropped');
    write(nodeBatch(ROUND_MS + 60_000));
    expect(await finished()).toMatchObject({ problem: undefined, refused: 0 });
    expect(await influx.query(`SELECT value FROM uptime`, 'dropped')).toMatchObject([
      { values: [[ROUND_MS + 60_000, 60_000]] },
    ]);
    expect(log).toEqual([]);
  });

  test('a value of another kind than the database has is told with its sentence; the others are written', async () => {
    const { write, finished, log } = openTo({ url: influx.url, database: 'kinds' });
    write(totals());
    await finished();
    await fetch(`${influx.url}/write?db=kinds&rp=default`, {
      method: 'POST',
      body: `uptime value=1.5 ${ROUND_MS}000000`,
    });
    write(nodeBatch());
    const { problem } = await finished();
    expect(problem).toMatch(
      /^InfluxDB at http:\/\/127\.0\.0\.1:\d+ \(database kinds\): It answered 400: partial write: field type conflict: .*"uptime" is type integer, already exists as type float dropped=1\. Values refused are not sent again\.$/
    );
    expect(log).toEqual([problem]);
    expect(await influx.query(`SELECT value FROM "cpu/usage_rate" WHERE "type" = 'node'`, 'kinds')).toHaveLength(1);
  });

  test('any text comes back from a tag and a name as it went, as far as line protocol can express it', async () => {
    await influx.query('CREATE DATABASE texts');
    const text = fc
      .string({ unit: fc.constantFrom(...'ab,= \\"\'\n\t#/é😀{}$;`'), minLength: 1, maxLength: 8 })
      .filter((candidate) => expressible(candidate) !== '');
    const texts = fc.sample(fc.tuple(text, text, text), { numRuns: 400, seed: 7 });
    const lines = texts.map(
      ([name, key, value], index) =>
        `${measurementWord(`m${name}`)}${tagList(
          new Map([
            [`k${key}`, value],
            ['number', String(index)],
          ])
        )} ${tagWord(`f${key}`)}=${index}i\n`
    );
    const answer = await fetch(`${influx.url}/write?db=texts`, { method: 'POST', body: lines.join('') });
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    const found = new Map<unknown, unknown>();
    for (const { name, columns, values } of await influx.query('SELECT * FROM /.*/', 'texts')) {
      for (const row of values) {
        const cells = Object.fromEntries(columns.map((column, index) => [column, row[index]]));
        const [key] = Object.keys(cells).filter((column) => column.startsWith('k') && cells[column] !== null);
        found.set(cells.number, [name, key, cells[key], cells[`f${key.slice(1)}`]]);
      }
    }
    texts.forEach(([name, key, value], index) => {
      expect(found.get(String(index))).toEqual([
        expressible(`m${name}`),
        expressible(`k${key}`),
        expressible(value),
        index,
      ]);
    });
  });

  test('through an outage and a restart values wait, collection does not, and all of them arrive', async () => {
    const clock = manualClock(0);
    const { write, finished, log, report } = openTo({ url: influx.url, database: 'outage' }, { clock });
    write(nodeBatch());
    await finished();
    await influx.stop();
    const begunMs = performance.now();
    for (let round = 1; round <= 5; round++) {
      write(nodeBatch(ROUND_MS + round * 60_000));
    }
    expect(performance.now() - begunMs).toBeLessThan(500);
    await clock.sleeperUntil(1);
    expect(report().problem).toMatch(
      /database outage\): It cannot be reached \(.+\)\. Values wait and are sent as soon as it answers\.$/
    );
    expect(report().waitingParcels).toBe(5);

    await influx.start();
    clock.moveTo(1_000);
    expect(await finished()).toMatchObject({ problem: undefined, refused: 0, lost: 0 });
    expect((await influx.query(`SELECT value FROM uptime`, 'outage'))[0].values).toHaveLength(6);
    expect(log.map((sentence) => sentence.replace(/.*(cannot be reached|answers again).*/, '$1'))).toEqual([
      'cannot be reached',
      'answers again',
    ]);
  });

  test('many parcels travel side by side', async () => {
    const many = { parcels: { lines: 3, characters: 1e6 } };
    const { write, finished } = openTo({ url: influx.url, database: 'many', concurrency: 4 }, many);
    for (let round = 0; round < 20; round++) {
      write(nodeBatch(ROUND_MS + round * 60_000), totals(ROUND_MS + round * 60_000));
    }
    expect(await finished()).toMatchObject({ problem: undefined, refused: 0, lost: 0 });
    expect((await influx.query(`SELECT value FROM uptime`, 'many'))[0].values).toHaveLength(20);
  });
});

describe('on a server that knows its users', () => {
  const admin = { user: 'admin', password: 'a dm&in' };
  const writer = { user: 'writer', password: 'w' };
  let influx: InfluxServer;

  beforeAll(async () => {
    influx = await startInflux({ auth: true });
    await influx.query(`CREATE USER admin WITH PASSWORD 'a dm&in' WITH ALL PRIVILEGES`);
    for (const statement of [
      'CREATE DATABASE ready WITH NAME "default"',
      `CREATE USER writer WITH PASSWORD 'w'`,
      'GRANT ALL ON ready TO writer',
    ]) {
      await influx.query(statement, 'ready', admin);
    }
  });
  afterAll(() => influx.close());

  test('a wrong password is told once, never shown, and not tried again with the same values', async () => {
    const { write, finished, log } = openTo({ url: influx.url, user: 'admin', password: 'wr0ng' });
    write(nodeBatch());
    await finished();
    write(nodeBatch(ROUND_MS + 60_000));
    const { problem, refused, delivered } = await finished();
    expect(problem).toMatch(/It answered 401: authorization failed\. Check the options user \(admin\) and pw\.$/);
    expect(log).toEqual([problem]);
    expect(delivered).toBe(0);
    expect(refused).toBeGreaterThan(10);
  });

  test('the right one creates the database and writes', async () => {
    const { write, finished } = openTo({ url: influx.url, ...admin });
    write(nodeBatch());
    expect(await finished()).toMatchObject({ problem: undefined, refused: 0 });
    expect(await influx.query('SELECT value FROM uptime', 'k8s', admin)).toHaveLength(1);
  });

  test('who may only write does so in a database that is ready, and learns what to ask for where there is none', async () => {
    const ready = openTo({ url: influx.url, ...writer, database: 'ready' });
    ready.write(nodeBatch());
    expect(await ready.finished()).toMatchObject({ problem: undefined, refused: 0 });

    const missing = openTo({ url: influx.url, ...writer, database: 'missing' });
    missing.write(nodeBatch());
    const { problem } = await missing.finished();
    expect(problem).toMatch(
      /Check the options user \(writer\) and pw\.$|Let an administrator run CREATE DATABASE "missing"/
    );
  });
});

test('a certificate that nobody here trusts is named as the reason, and accepted where that is asked for', async () => {
  const authority = await createAuthority('somebody');
  const bodies: string[] = [];
  const server = await serve(
    (request, response) => {
      bodies.push(request.url ?? '');
      request.resume();
      response.writeHead(request.url?.startsWith('/write') ? 204 : 200).end();
    },
    await authority.issue({ ips: ['127.0.0.1'] })
  );
  const clock = manualClock(0);
  const strict = openTo({ url: server.url }, { clock });
  strict.write(nodeBatch());
  await clock.sleeperUntil(1);
  expect(strict.report().problem).toContain('accept any by insecuressl=true.');
  expect(bodies).toEqual([]);

  const lenient = openTo({ url: server.url, insecureTls: true });
  lenient.write(nodeBatch());
  expect(await lenient.finished()).toMatchObject({ problem: undefined, refused: 0 });
  expect(bodies).toEqual(['/query', '/write?db=k8s&rp=default&precision=ns']);
  await server.close();
});

test('a server in trouble is asked again, one that is busy too, and one that says no is not', async () => {
  const statuses = [503, 429, 413];
  const asked: number[] = [];
  const server = await serve((request, response) => {
    request.resume();
    const status = request.url?.startsWith('/write') ? statuses[asked.length] : 200;
    if (status !== 200) {
      asked.push(status);
    }
    response.writeHead(status).end(status === 200 ? '{"results":[{}]}' : `${'because '.repeat(9_999)}`);
  });
  const clock = manualClock(0);
  const { write, finished, report, log } = openTo({ url: server.url }, { clock });
  write(nodeBatch());
  await clock.sleeperUntil(1_000);
  expect(report().problem).toContain('It answered 503: because because');
  clock.moveTo(1_000);
  await clock.sleeperUntil(3_000);
  clock.moveTo(3_000);
  const { problem, refused } = await finished();
  expect(problem).toContain('It answered 413: because because');
  expect(problem!.length).toBeLessThan(500);
  expect(refused).toBeGreaterThan(10);
  expect(asked).toEqual(statuses);
  expect(log).toHaveLength(4);
  await server.close();
});
