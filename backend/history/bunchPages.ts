import { ByteReader, DamagedBytesError } from './byteReader.ts';
import type { Matrix } from './matrix.ts';
import { readMatrix } from './matrixCodec.ts';
import { readIntegers } from './numberStream.ts';
import type { PageList, TableIndex } from './segmentFormat.ts';

/** Reads pages of a segment. */
interface PageReader {
  /** One page of a list, checked. */
  readPage(list: PageList, bunch: number): Uint8Array;
}

/** The samples one member has in a section; those of the counter they are made of are read, too. */
export function samplesIn(pages: BunchPages, member: number, section: Uint8Array, rounds: number): Matrix {
  const rows = pages.objectsOf(member).length;
  return readMatrix(new ByteReader(section), rows, rounds, (counter) => {
    const found = pages.section(counter, member);
    if (!found) {
      throw new DamagedBytesError(`The counter ${counter} is missing`);
    }
    return samplesIn(pages, member, found, rounds);
  });
}

const NO_OBJECTS = new Uint32Array(0);

/** The pages of one table of one bunch, opened as they are needed. */
export class BunchPages {
  private readonly objectSections: ReadonlyArray<Uint8Array | undefined>;
  private readonly objects: Array<Uint32Array | undefined> = [];
  private readonly reader: PageReader;
  private readonly index: TableIndex;
  private readonly bunch: number;
  private readonly sections = new Map<string, Array<Uint8Array | undefined>>();
  private readonly members: number;

  constructor(reader: PageReader, index: TableIndex, bunch: number, members: number, objects: Uint8Array) {
    this.reader = reader;
    this.index = index;
    this.bunch = bunch;
    this.members = members;
    this.objectSections = sectionsOf(objects, members);
  }

  /** Numbers of the objects one member has. */
  objectsOf(member: number): Uint32Array {
    const section = this.objectSections[member];
    return (this.objects[member] ??= section ? readObjects(section) : NO_OBJECTS);
  }

  /** Takes the page of a metric that was read already. */
  keep(metric: string, page: Uint8Array): void {
    this.sections.set(metric, sectionsOf(page, this.members));
  }

  /** What one member has of a metric. */
  section(metric: string, member: number): Uint8Array | undefined {
    const pages = this.index.metrics.get(metric);
    if (!this.sections.has(metric) && pages && pages.lengths[this.bunch] > 0) {
      this.keep(metric, this.reader.readPage(pages, this.bunch));
    }
    return this.sections.get(metric)?.[member];
  }

  keys(): string[][] {
    const reader = new ByteReader(this.reader.readPage(this.index.keys, this.bunch));
    return this.objectSections.map((_, member) => Array.from(this.objectsOf(member), () => reader.text()));
  }

  metricNames(): Iterable<string> {
    return this.index.metrics.keys();
  }
}

/** Used again by each call: there is one for every node of every file. */
let steps = new Float64Array(256);

function readObjects(section: Uint8Array): Uint32Array {
  const reader = new ByteReader(section);
  const count = reader.varint();
  if (count > MAX_OBJECTS) {
    throw new DamagedBytesError(`${count} objects in one table`);
  }
  if (steps.length < count) {
    steps = new Float64Array(count * 2);
  }
  readIntegers(reader, steps, count);
  const objects = new Uint32Array(count);
  let number = 0;
  for (let row = 0; row < count; row++) {
    number += steps[row];
    objects[row] = number;
  }
  return objects;
}

/** The parts of a page, one per member, each behind its length; undefined for members that have none. */
function sectionsOf(page: Uint8Array, members: number): Array<Uint8Array | undefined> {
  const reader = new ByteReader(page);
  return Array.from({ length: members }, () => {
    const length = reader.uint32();
    return length > 0 ? reader.take(length) : undefined;
  });
}

/** Far more than a shard has; a damaged count must not make us reserve memory without bound. */
const MAX_OBJECTS = 1 << 24;
