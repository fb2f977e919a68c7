import { NAMES_PER_PAGE } from './goneFormat.ts';
import { parsePage } from './gonePage.ts';
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
      this.runs.push([...pagesOf(this.takeRecent())].map((page) => packNames(page)));
    }
  }

  /** All names as pages in order, with the first name of each; nothing can be added any more. */
  *pages(): Generator<{ readonly firstName: string; readonly framed: Buffer }> {
    const runs = this.runs.map((run) => namesOf(run));
    const merged = mergeSorted<PodName>([...runs, this.takeRecent()], (one, other) => compare(one.name, other.name));
    for (const page of pagesOf(united(merged))) {
      yield { firstName: page[0].name, framed: packNames(page) };
    }
  }

  private takeRecent(): PodName[] {
    const names = Array.from(this.recent, ([name, shards]) => ({ name, shards: [...shards] }));
    this.recent = new Map();
    return names.sort((one, other) => compare(one.name, other.name));
  }
}

/** Names of a page as it is stored: the shards, the names in order, and of each the numbers of its shards. */
type StoredNames = [
  shards: readonly string[],
  names: readonly string[],
  shardsOfNames: ReadonlyArray<readonly number[]>,
];

/** Names of pods in order, with their shards, out of the bytes of a page. Throws `DamagedBytesError` if they are not such. */
export function unpackNames(page: Uint8Array): PodName[] {
  const [shards, names, shardsOfNames] = parsePage<StoredNames>(page);
  return names.map((name, index) => ({ name, shards: shardsOfNames[index].map((shard) => shards[shard]) }));
}

function packNames(page: readonly PodName[]): Buffer {
  const numbers = new Map<string, number>();
  const numberOf = (shard: string) => {
    const number = numbers.get(shard) ?? numbers.size;
    numbers.set(shard, number);
    return number;
  };
  const shardsOfNames = page.map(({ shards }) => shards.map(numberOf));
  const stored: StoredNames = [[...numbers.keys()], page.map(({ name }) => name), shardsOfNames];
  return framePage(Buffer.from(JSON.stringify(stored)));
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
    yield* unpackNames(openPage(framed));
  }
}
