import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parseExact, parseKeepingDigits } from './exactJson.ts';

/** An object of the Kubernetes API as it is in a list. */
export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What a kubelet answered, or how it failed. */
export interface KubeletAnswer {
  readonly status?: number;
  readonly receivedAt?: string;
  /** The body with its digits as they were. */
  readonly body?: unknown;
  readonly bodyText?: string;
  readonly error?: string;
}

/** A value as a batch has it. */
export interface RecordedValue {
  readonly int?: string;
  readonly float?: string;
}

/** A value that needs further labels. */
export interface LabelledRecord extends RecordedValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Everything Heapster knew of one entity in one batch. */
export interface RecordedSet {
  /** When its kubelet took the sample, and when what is counted began; null where nobody knows. */
  readonly scrapeTime?: string | null;
  readonly collectionStart?: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, RecordedValue>>;
  readonly labeled: readonly LabelledRecord[];
}

export interface RecordedBatch {
  readonly timestamp: string;
  readonly storedAt: string;
  readonly sets: Readonly<Record<string, RecordedSet>>;
}

export interface RecordedRequest {
  readonly name: string;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly server?: string;
  readonly status: number;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly body?: string;
  readonly error?: string;
}

export interface ObjectChange {
  readonly at: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly object: ApiObject;
}

/** One recorded run of Heapster. */
export interface Kit {
  readonly name: string;
  readonly run: {
    readonly heapster: string;
    readonly source: string;
    readonly sourceOptions: Readonly<Record<string, unknown>>;
    readonly metricResolutionSeconds: number;
    readonly labelFlags: readonly string[];
    readonly otherFlags: readonly string[];
    /** How the process ended, if it did so by itself. */
    readonly exit?: object;
  };
  readonly objects: Readonly<Record<'nodes' | 'namespaces' | 'pods', { readonly items: readonly ApiObject[] }>>;
  readonly changes: readonly ObjectChange[];
  readonly rounds: ReadonlyArray<{ readonly windowEnd: string; readonly answers: Record<string, KubeletAnswer> }>;
  readonly batches: readonly RecordedBatch[];
  readonly requests: readonly RecordedRequest[];
}

/** Folders of runs at a place: the folder itself, or those in it. */
export function findKits(folder: string): string[] {
  if (hasFile(folder, 'run.json')) {
    return [folder];
  }
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries
    .map((entry) => join(folder, entry.name))
    .filter((path) => hasFile(path, 'run.json'))
    .sort();
}

/** Reads a run, whether its files are packed or not. */
export function readKit(folder: string): Kit {
  return {
    name: basename(folder),
    run: parseExact(readText(folder, 'run.json') ?? '{}') as unknown as Kit['run'],
    objects: parseExact(readText(folder, 'objects.json') ?? '{}') as unknown as Kit['objects'],
    changes: readLines(folder, 'object-changes.jsonl', parseExact),
    rounds: readLines(folder, 'rounds.jsonl', parseKeepingDigits),
    batches: readLines(folder, 'batches.jsonl', parseExact),
    requests: readLines(folder, 'requests.jsonl', parseExact),
  };
}

const PACKINGS: ReadonlyArray<readonly [ending: string, unpack: (bytes: Buffer) => Buffer]> = [
  ['', (bytes) => bytes],
  ['.gz', gunzipSync],
  ['.br', brotliDecompressSync],
];

function hasFile(folder: string, name: string): boolean {
  return PACKINGS.some(([ending]) => existsSync(join(folder, name + ending)));
}

function readText(folder: string, name: string): string | undefined {
  for (const [ending, unpack] of PACKINGS) {
    const path = join(folder, name + ending);
    if (existsSync(path)) {
      return unpack(readFileSync(path)).toString('utf8');
    }
  }
  return undefined;
}

function readLines<Line>(folder: string, name: string, parse: (text: string) => unknown): Line[] {
  const lines = (readText(folder, name) ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => parse(line) as Line);
}
