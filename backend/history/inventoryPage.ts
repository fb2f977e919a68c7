import type { ObjectNames } from '../model/batch.ts';
import type { Labels } from '../model/facts.ts';
import { DamagedBytesError } from './byteReader.ts';
import type { HistoryObject } from './inventory.ts';

/** number, table, shard, key, names, first seen, last seen (null: was there at the end of the page's round), former names */
export type Entry = [
  number: number,
  table: number,
  shard: string,
  key: string,
  names: ObjectNames,
  firstSeenMs: number,
  lastSeenMs: number | null,
  formerNames?: HistoryObject['formerNames'] | null,
];

/** Names as numbers: of the labels (-1: none), of what is yes or no, and then the number of a field and of its text by turns. */
type PackedNames = number[];

type PackedEntry = [
  number: number,
  table: number,
  shard: number,
  key: string,
  names: PackedNames,
  firstSeenMs: number,
  lastSeenMs: number | null,
  formerNames?: ReadonlyArray<readonly [untilMs: number, names: PackedNames]>,
];

/** Entries in which each text, and each set of labels, is written once. */
export interface PackedEntries {
  readonly texts: readonly string[];
  readonly labels: readonly Labels[];
  readonly entries: readonly PackedEntry[];
}

/** The texts of names in the order of their numbers on disk: never changed, only added to. */
const FIELDS = [
  'node',
  'namespace',
  'workloadKind',
  'workload',
  'pod',
  'container',
  'resourceId',
  'persistentVolumeClaim',
  'interface',
  'make',
  'model',
  'acceleratorId',
  'owner',
  'uid',
] as const;

/** Fails to compile if names get a field that would not be written. */
const unwritten: Record<
  Exclude<keyof ObjectNames, (typeof FIELDS)[number] | 'labels' | 'hostNetwork' | 'reported'>,
  never
> = {};
void unwritten;

const HOST_NETWORK = 1;
const NO_HOST_NETWORK = 2;
const NOT_REPORTED = 4;

/** Packs entries; what a pod has says the pod's names all over again. */
export function packEntries(entries: readonly Entry[]): PackedEntries {
  const texts = new Numbering<string>();
  const labels = new Numbering<Labels>();
  const packed = entries.map(
    ([number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames]): PackedEntry => {
      const entry = [
        number,
        table,
        texts.of(shard),
        key,
        packNames(names, texts, labels),
        firstSeenMs,
        lastSeenMs,
      ] as const;
      return formerNames
        ? [...entry, formerNames.map((former) => [former.untilMs, packNames(former.names, texts, labels)] as const)]
        : [...entry];
    }
  );
  return { texts: texts.all, labels: labels.all, entries: packed };
}

/** Unpacks entries; objects that have a text or labels in common share them, so that they take memory once. */
export function unpackEntries({ texts, labels, entries }: PackedEntries, shared: Map<string, string>): Entry[] {
  const own = texts.map((text) => {
    const known = shared.get(text) ?? text;
    shared.set(known, known);
    return known;
  });
  const textAt = (number: number): string => {
    const text = own[number];
    if (text === undefined) {
      throw new DamagedBytesError(`Text ${number} of ${own.length}`);
    }
    return text;
  };
  const namesOf = (packed: PackedNames) => unpackNames(packed, textAt, labels);
  return entries.map(([number, table, shard, key, names, firstSeenMs, lastSeenMs, formerNames]): Entry => {
    const former = formerNames?.map(([untilMs, packed]) => ({ untilMs, names: namesOf(packed) }));
    return [number, table, textAt(shard), key, namesOf(names), firstSeenMs, lastSeenMs, former];
  });
}

function packNames(names: ObjectNames, texts: Numbering<string>, labels: Numbering<Labels>): PackedNames {
  const network = names.hostNetwork === undefined ? 0 : names.hostNetwork ? HOST_NETWORK : NO_HOST_NETWORK;
  const packed = [names.labels ? labels.of(names.labels) : -1, network | (names.reported === false ? NOT_REPORTED : 0)];
  FIELDS.forEach((field, number) => {
    const text = names[field];
    if (text !== undefined) {
      packed.push(number, texts.of(text));
    }
  });
  return packed;
}

function unpackNames(packed: PackedNames, textAt: (number: number) => string, labels: readonly Labels[]): ObjectNames {
  const names: Record<string, unknown> = {};
  for (let index = 2; index < packed.length; index += 2) {
    names[FIELDS[packed[index]]] = textAt(packed[index + 1]);
  }
  const [ofLabels, flags] = packed;
  if (ofLabels >= 0) {
    names.labels = labels[ofLabels];
  }
  if (flags & (HOST_NETWORK | NO_HOST_NETWORK)) {
    names.hostNetwork = (flags & HOST_NETWORK) !== 0;
  }
  if (flags & NOT_REPORTED) {
    names.reported = false;
  }
  return names;
}

/** Numbers in order of first use. */
class Numbering<Value> {
  readonly all: Value[] = [];
  private readonly numbers = new Map<Value, number>();

  of(value: Value): number {
    let number = this.numbers.get(value);
    if (number === undefined) {
      number = this.all.push(value) - 1;
      this.numbers.set(value, number);
    }
    return number;
  }
}
