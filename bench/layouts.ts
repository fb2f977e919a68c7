import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { ByteWriter } from '../backend/history/byteWriter.ts';
import { openDataDirectory, type DataDirectory } from '../backend/history/dataDirectory.ts';
import { readPoints } from '../backend/history/historyReader.ts';
import { Inventory } from '../backend/history/inventory.ts';
import { writeMatrix } from '../backend/history/matrixCodec.ts';
import { framePage } from '../backend/history/pageFrame.ts';
import { RoundLog } from '../backend/history/roundLog.ts';
import { compactRounds, sealLog } from '../backend/history/sealing.ts';
import { SegmentStore } from '../backend/history/segmentStore.ts';
import type { TableBlock } from '../backend/history/shardBlock.ts';
import { writeStored } from '../backend/history/storedCodec.ts';
import { WalReader } from '../backend/history/walReader.ts';
import { WalWriter } from '../backend/history/walWriter.ts';
import { percentile } from './measure.ts';
import { SimulatedRounds } from './simulatedRounds.ts';

// Compares layouts of the durable history on simulated rounds:
// `node tools/node24.mjs bench/layouts.ts --nodes 100 --hours 2`.
// The table is in docs/decisions/0006-history-layout.md.

const RESOLUTION_MS = 60_000;
const START_MS = Date.parse('2026-11-20T06:00:00Z');

interface Cost {
  readonly layout: string;
  readonly bytesPerSample: number;
  readonly cpuMsPerNodeRound: number;
}

/** A history of its own, whose rounds are logged in blocks. */
class Run {
  readonly directory: DataDirectory;
  readonly inventory = new Inventory();
  readonly logs: string[] = [];
  readonly roundsPerLog: number;
  logMs = 0;
  private log: WalWriter | undefined;
  private writer: RoundLog | undefined;
  private rounds = 0;

  constructor(folder: string, roundsPerLog: number) {
    this.directory = openDataDirectory(join(folder, `blocks-of-${roundsPerLog}`));
    this.roundsPerLog = roundsPerLog;
  }

  async write({ timestampMs, batches }: Awaited<ReturnType<SimulatedRounds['next']>>): Promise<void> {
    const startedMs = cpuMs();
    if (!this.log || !this.writer) {
      this.logs.push(join(this.directory.wal, `${timestampMs}.wal`));
      this.log = new WalWriter(this.logs.at(-1)!);
      this.writer = new RoundLog(this.inventory, this.log);
    }
    batches.forEach((batch) => this.writer!.append(batch));
    this.writer.commit(timestampMs);
    this.logMs += cpuMs() - startedMs;
    if (++this.rounds % this.roundsPerLog === 0) {
      await this.log.close();
      this.log = undefined;
    }
  }

  /** Every table of every log. */
  *tables(): Generator<{ fromMs: number; shard: string; table: string; block: TableBlock }> {
    for (const path of this.logs) {
      const log = new WalReader(path);
      for (const shard of log.shards()) {
        for (const [table, block] of log.block(shard)) {
          yield { fromMs: log.timesMs[0], shard, table, block };
        }
      }
      log.close();
    }
  }
}

/** SQLite, a row per `insert` of a table; times only what `insert` does. */
function inDatabase(
  folder: string,
  name: string,
  run: Run,
  insert: (statement: StatementSync, entry: { fromMs: number; shard: string; table: string; block: TableBlock }) => void
): { bytes: number; ms: number } {
  const path = join(folder, `${name}.db`);
  const database = new DatabaseSync(path);
  database.exec('PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE chunk (series INTEGER, t INTEGER, data BLOB, PRIMARY KEY (series, t)) WITHOUT ROWID');
  const statement = database.prepare('INSERT INTO chunk VALUES (?, ?, ?)');
  let ms = 0;
  const timed = (work: () => void) => {
    const startedMs = cpuMs();
    work();
    ms += cpuMs() - startedMs;
  };
  timed(() => database.exec('BEGIN'));
  for (const entry of run.tables()) {
    timed(() => insert(statement, entry));
  }
  timed(() => database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)'));
  database.close();
  return { bytes: statSync(path).size, ms };
}

/** Small numbers for names, as a database would have them. */
function numbering(): (name: string) => number {
  const numbers = new Map<string, number>();
  return (name) => {
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    return number;
  };
}

function perSeries(): Parameters<typeof inDatabase>[3] {
  const out = new ByteWriter();
  const number = numbering();
  return (statement, { fromMs, shard, table, block }) => {
    for (const [metric, read] of block.metrics) {
      const stored = read();
      const { rounds, values } = 'samples' in stored ? stored.samples : stored.count;
      block.objects.forEach((object, row) => {
        out.reset();
        writeMatrix(out, { rows: 1, rounds, values: values.subarray(row * rounds, (row + 1) * rounds) });
        statement.run(number(`${shard} ${table} ${metric} ${object}`), fromMs / 1000, out.written());
      });
    }
  };
}

function perMetric(): Parameters<typeof inDatabase>[3] {
  const out = new ByteWriter();
  const number = numbering();
  return (statement, { fromMs, shard, table, block }) => {
    for (const metric of block.metrics.keys()) {
      out.reset();
      writeStored(out, metric, block);
      statement.run(number(`${table} ${metric} ${shard}`), fromMs / 1000, framePage(out.written()));
    }
  };
}

/** Seals all logs. Answers with what that cost. */
function seal(run: Run, store: SegmentStore): { bytes: number; ms: number } {
  const startedMs = cpuMs();
  for (const path of run.logs) {
    const log = new WalReader(path);
    const name = sealLog(run.directory, log);
    log.close();
    store.add(name ? [name] : []);
  }
  return { bytes: bytesIn(run.directory.segments), ms: cpuMs() - startedMs };
}

function compact(run: Run, store: SegmentStore, segmentsEach: number): { bytes: number; ms: number } {
  const startedMs = cpuMs();
  const segments = store.ofTier('raw');
  for (let from = 0; from < segments.length; from += segmentsEach) {
    store.add(compactRounds(run.directory, segments.slice(from, from + segmentsEach)));
  }
  return { bytes: bytesIn(run.directory.segments), ms: cpuMs() - startedMs };
}

/** 95th percentile of reading all of one pod. */
function onePodP95Ms(run: Run, store: SegmentStore): number {
  const pods = [...run.inventory.objects('pod')];
  const times = Array.from({ length: 300 }, (_, index) => {
    const { number, shard } = pods[(index * 7919) % pods.length];
    const request = { tier: 'raw', table: 'pod', fromMs: 0, toMs: Infinity, shards: new Set([shard]) } as const;
    const startedMs = performance.now();
    readPoints(store, { ...request, metric: 'memory/working_set' }, new Set([number]));
    return performance.now() - startedMs;
  });
  return percentile(times.slice(50), 0.95);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '50' },
      hours: { type: 'string', default: '2' },
      pressure: { type: 'boolean', default: false },
    },
  });
  const nodes = Number(values.nodes);
  const rounds = Number(values.hours) * 60;
  const folder = mkdtempSync(join(tmpdir(), 'heapscope-layouts-'));
  try {
    const simulated = new SimulatedRounds({
      nodes,
      podsPerNode: 30,
      pressure: values.pressure,
      resolutionMs: RESOLUTION_MS,
      startMs: START_MS,
    });
    const [short, long] = [new Run(folder, 20), new Run(folder, 60)];
    for (let round = 0; round < rounds; round++) {
      const next = await simulated.next();
      await short.write(next);
      await long.write(next);
    }
    const stores = [short, long].map(({ directory }) => new SegmentStore(directory, console.error));
    const hourly = seal(long, stores[1]);
    const samples = stores[1].ofTier('raw').reduce((sum, { reader }) => sum + reader.samples, 0);
    const costs: Cost[] = [];
    const note = (layout: string, { bytes, ms }: { bytes: number; ms: number }) =>
      costs.push({ layout, bytesPerSample: bytes / samples, cpuMsPerNodeRound: ms / nodes / rounds });
    note('log', { bytes: short.logs.reduce((sum, path) => sum + statSync(path).size, 0), ms: short.logMs });
    note('SQLite, blob per series and hour', inDatabase(folder, 'series', long, perSeries()));
    note('SQLite, blob per node, metric and hour', inDatabase(folder, 'metrics', long, perMetric()));
    note('segment per hour, log read', hourly);
    note('segment per 20 min, log read', seal(short, stores[0]));
    const before = onePodP95Ms(short, stores[0]);
    note('then per 2 h, with tiers', compact(short, stores[0], 6));
    const rawBytes = stores[0].ofTier('raw').reduce((sum, { reader }) => sum + reader.bytes, 0);
    note('of these the rounds alone', { bytes: rawBytes, ms: 0 });
    console.log(
      `${nodes} nodes, ${rounds} rounds, ${(samples / nodes / rounds).toFixed(0)} samples per node and round`
    );
    for (const { layout, bytesPerSample, cpuMsPerNodeRound } of costs) {
      console.log(`${layout.padEnd(40)} ${bytesPerSample.toFixed(3)} B/sample  ${cpuMsPerNodeRound.toFixed(3)} ms CPU`);
    }
    console.log(
      `one pod, ${values.hours} h, p95: ${before.toFixed(2)} ms, per 2 h ${onePodP95Ms(short, stores[0]).toFixed(2)} ms`
    );
    stores.forEach((store) => store.close());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
