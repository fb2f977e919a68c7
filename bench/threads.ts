import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import { SummaryReader } from '../backend/kubelet/summaryReader.ts';
import type { Column, ObjectNames, Table, TableName } from '../backend/model/batch.ts';
import { ByteWriter } from '../simulator/kubelet/byteWriter.ts';
import { summaryBytes } from '../simulator/kubelet/summary.ts';
import { World } from '../simulator/world/world.ts';
import { cpuMs } from './cpuTime.ts';

// What decoding in threads would cost and spare, in the best case: bodies lie in memory that both sides see, and what a node's last
// answer said already is not sent again. `node tools/node24.mjs bench/threads.ts --threads 1` (0: all on the main thread).
// The results are in docs/decisions/0009-decoding-on-the-main-thread.md.

const RESOLUTION_MS = 60_000;
const START_MS = Date.parse('2026-11-20T06:00:00Z');
const PODS_PER_NODE = 30;
const WARM_UP_ROUNDS = 3;

interface Question {
  readonly node: string;
  readonly body: SharedArrayBuffer;
  readonly receivedMs: number;
}

/** Who the rows and columns of a table are; sent when they are others than in the node's last answer. */
interface Heading {
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
  readonly metrics: readonly string[];
}

interface Answer {
  readonly node: string;
  readonly tables: ReadonlyArray<{
    readonly name: TableName;
    readonly heading?: Heading;
    readonly values: Float64Array;
  }>;
}

/** In a thread: decodes, and sends numbers with as little around them as can be. */
class Sender {
  private readonly reader = new SummaryReader();
  private readonly sent = new Map<string, Heading>();

  answer({ node, body, receivedMs }: Question): Answer {
    const { tables } = this.reader.read(node, Buffer.from(body), receivedMs);
    const parts = Object.entries(tables) as Array<[TableName, Table]>;
    return { node, tables: parts.map(([name, table]) => ({ name, ...this.partOf(node, name, table) })) };
  }

  private partOf(node: string, name: TableName, table: Table): { heading?: Heading; values: Float64Array } {
    const { keys, names, columns, startTimesMs, sampleTimesMs } = table;
    const all = [
      ...[...columns.values()].map((column) => column.values),
      startTimesMs,
      ...Object.values(sampleTimesMs),
    ];
    const values = new Float64Array(all.length * keys.length);
    all.forEach((column, index) => values.set(column, index * keys.length));
    const id = `${node} ${name}`;
    const before = this.sent.get(id);
    const metrics = [...columns.keys()];
    if (before?.keys === keys && before.names === names && before.metrics.join() === metrics.join()) {
      return { values };
    }
    const heading = { keys, names, metrics };
    this.sent.set(id, heading);
    return { heading, values };
  }
}

/** On the main thread: makes tables of what a thread sent. */
class Receiver {
  private readonly headings = new Map<string, Heading>();

  tablesOf({ node, tables }: Answer): Map<TableName, ReadonlyMap<string, Column>> {
    return new Map(
      tables.map(({ name, heading, values }) => {
        const id = `${node} ${name}`;
        if (heading) {
          this.headings.set(id, heading);
        }
        const { keys, metrics } = this.headings.get(id)!;
        const column = (index: number) => ({ values: values.subarray(index * keys.length, (index + 1) * keys.length) });
        return [name, new Map(metrics.map((metric, index) => [metric, column(index)]))];
      })
    );
  }
}

/** Decodes one round of answers, and resolves when all tables are on the main thread. */
type Decode = (round: readonly Question[]) => Promise<void>;

function hereDecoder(): Decode {
  const reader = new SummaryReader();
  return async (round) =>
    round.forEach(({ node, body, receivedMs }) => reader.read(node, Buffer.from(body), receivedMs));
}

function threadDecoder(count: number): { decode: Decode; stop: () => Promise<unknown> } {
  const receiver = new Receiver();
  const workers = Array.from({ length: count }, () => new Worker(new URL(import.meta.url)));
  let left = 0;
  let done: () => void = () => undefined;
  for (const worker of workers) {
    worker.on('message', (answer: Answer) => {
      receiver.tablesOf(answer);
      if (--left === 0) {
        done();
      }
    });
  }
  const decode: Decode = async (round) => {
    left = round.length;
    const all = new Promise<void>((resolve) => (done = resolve));
    // A node is always read by the same thread, which remembers its last answer.
    round.forEach((question, index) => workers[index % count].postMessage(question));
    await all;
  };
  return { decode, stop: () => Promise.all(workers.map((worker) => worker.terminate())) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '15' },
      threads: { type: 'string', default: '0' },
    },
  });
  const [nodes, rounds, threads] = [values.nodes, values.rounds, values.threads].map(Number);
  const world = new World({ nodes, podsPerNode: PODS_PER_NODE, seed: 1, outages: false }, START_MS);
  const out = new ByteWriter();
  const many = threads > 0 ? threadDecoder(threads) : undefined;
  const decode = many?.decode ?? hereDecoder();
  const cost = { mainMs: 0, processMs: 0, elapsedMs: 0, answers: 0, bytes: 0 };
  for (let round = 1; round <= WARM_UP_ROUNDS + rounds; round++) {
    const nowMs = START_MS + round * RESOLUTION_MS;
    world.advance(nowMs);
    const questions = world.nodes.map((node): Question => {
      const bytes = summaryBytes(out, node, nowMs, { onlyCpuAndMemory: false, pressure: false, skewMs: 0 });
      const body = new SharedArrayBuffer(bytes.length);
      Buffer.from(body).set(bytes);
      return { node: node.name, body, receivedMs: nowMs };
    });
    const before = [mainThreadMs(), cpuMs(), performance.now()];
    await decode(questions);
    if (round > WARM_UP_ROUNDS) {
      cost.mainMs += mainThreadMs() - before[0];
      cost.processMs += cpuMs() - before[1];
      cost.elapsedMs += performance.now() - before[2];
      cost.answers += questions.length;
      cost.bytes += questions.reduce((sum, { body }) => sum + body.byteLength, 0);
    }
  }
  const perAnswer = (ms: number) => `${(ms / cost.answers).toFixed(2)} ms`;
  const residentMiB = process.memoryUsage.rss() / 2 ** 20;
  console.log(
    `${threads} threads, ${(cost.bytes / cost.answers / 1000).toFixed(0)} kB an answer: main thread ${perAnswer(cost.mainMs)}, ` +
      `process ${perAnswer(cost.processMs)}, time ${perAnswer(cost.elapsedMs)}, resident ${residentMiB.toFixed(0)} MiB`
  );
  await many?.stop();
}

/** CPU time of the main thread alone, in ms. */
function mainThreadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

if (isMainThread) {
  await main();
} else {
  const sender = new Sender();
  parentPort!.on('message', (question: Question) => {
    const answer = sender.answer(question);
    parentPort!.postMessage(
      answer,
      answer.tables.map(({ values }) => values.buffer as ArrayBuffer)
    );
  });
  await once(parentPort!, 'close');
}
