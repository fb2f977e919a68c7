import { ByteReader, DamagedBytesError } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';
import { NAMES_PER_PAGE } from './goneFormat.ts';
import { mergeSorted } from './mergeSorted.ts';
import { framePage, openPage } from './pageFrame.ts';

/** A name of pods and the shards they are on. */
export interface PodName {
  readonly name: string;
  readonly shards: readonly string[];
}

/** Names that are sorted at once. */
const NAMES_PER_RUN = 8_192;

/** Collects names of pods, compressed in sorted runs, and gives them out sorted. */
export class PodNames {
  private readonly runs: Buffer[][] = [];
  private recent = new Map<string, Set<string>>();

  add(name: string, shard: string): void {
    const shards = this.recent.get(name);
    if (shards) {
      shards.add(shard);
      return;
    }
    this.recent.set(name, new Set([shard]));
    if (this.recent.size === NAMES_PER_RUN) {
      this.runs.push([...pagesOf(this.takeRecent())].map(framePod));
    }
  }

  /** All names as pages in order, with the first name of each; nothing can be added any more. */
  *pages(): Generator<{ readonly firstName: string; readonly framed: Buffer }> {
    const runs = this.runs.map((run) => namesOf(run));
    const merged = mergeSorted<PodName>([...runs, this.takeRecent()], (one, other) => compare(one.name, other.name));
    for (const page of pagesOf(united(merged))) {
      yield { firstName: page[0].name, framed: framePod(page) };
    }
  }

  private takeRecent(): PodName[] {
    const names = Array.from(this.recent, ([name, shards]) => ({ name, shards: [...shards] }));
    this.recent = new Map();
    return names.sort((one, other) => compare(one.name, other.name));
  }
}

/** The shards of a name in a page, none if it is not there. */
export function shardsIn(page: Uint8Array, name: string): string[] {
  for (const pod of readNames(page)) {
    if (pod.name === name) {
      return [...pod.shards];
    }
  }
  return [];
}

/** The names in a page, sorted. */
export function* readNames(page: Uint8Array): Generator<PodName> {
  const reader = new ByteReader(page);
  const shards = Array.from({ length: reader.count(1) }, () => reader.text());
  const shardAt = (number: number): string => {
    if (number >= shards.length) {
      throw new DamagedBytesError(`Shard ${number} of ${shards.length}`);
    }
    return shards[number];
  };
  for (let left = reader.count(2); left > 0; left--) {
    const name = reader.text();
    yield { name, shards: Array.from({ length: reader.count(1) }, () => shardAt(reader.varint())) };
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Names that follow one another and are the same become one. */
function* united(names: Iterable<PodName>): Generator<PodName> {
  let last: PodName | undefined;
  for (const pod of names) {
    if (last?.name === pod.name) {
      last = { name: pod.name, shards: [...new Set([...last.shards, ...pod.shards])] };
    } else {
      if (last) {
        yield last;
      }
      last = pod;
    }
  }
  if (last) {
    yield last;
  }
}

function* pagesOf(names: Iterable<PodName>): Generator<PodName[]> {
  let page: PodName[] = [];
  for (const pod of names) {
    page.push(pod);
    if (page.length === NAMES_PER_PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) {
    yield page;
  }
}

function* namesOf(run: readonly Buffer[]): Generator<PodName> {
  for (const framed of run) {
    yield* readNames(openPage(framed));
  }
}

function framePod(page: readonly PodName[]): Buffer {
  const out = new ByteWriter(1 << 14);
  const numbers = new Map<string, number>();
  page.forEach(({ shards }) => shards.forEach((shard) => numbers.set(shard, numbers.get(shard) ?? numbers.size)));
  out.varint(numbers.size);
  [...numbers.keys()].forEach((shard) => out.text(shard));
  out.varint(page.length);
  for (const { name, shards } of page) {
    out.text(name);
    out.varint(shards.length);
    shards.forEach((shard) => out.varint(numbers.get(shard)!));
  }
  return framePage(out.written());
}
