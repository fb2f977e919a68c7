import { ByteWriter, bytesOf } from './byteWriter.ts';

export interface MemoryNumbers {
  /** Left out where there is no limit. */
  available: number | undefined;
  usage: number;
  workingSet: number;
  rss: number;
  pageFaults: number;
  majorPageFaults: number;
}

export interface NetworkInterface {
  name: string;
  rxBytes: number;
  txBytes: number;
  errors: number;
}

/** What is printed around the used bytes of a file system: the same for all blocks of one answer at one depth. */
export interface Space {
  before: Uint8Array;
  after: Uint8Array;
}

/** Capacity of a file system and what is free of it. */
export interface FsNumbers {
  available: number;
  capacity: number;
  inodesFree: number;
  inodes: number;
}

/** Writes a pressure block, or nothing. */
export type PressureWriter = (kind: number) => void;

/** Writers of the blocks that occur at several depths of a summary. Times are written as the bytes they are given. */
export interface Blocks {
  cpu(out: ByteWriter, time: Uint8Array, nanoCores: number, micros: number, pressure: PressureWriter): void;
  memory(out: ByteWriter, time: Uint8Array, numbers: MemoryNumbers, pressure: PressureWriter): void;
  io(out: ByteWriter, time: Uint8Array, pressure: PressureWriter): void;
  /** `available` is written where it is known: as 0, since no simulated node has swap. */
  swap(out: ByteWriter, time: Uint8Array, available: boolean): void;
  fs(out: ByteWriter, name: Uint8Array, time: Uint8Array, space: Space, usedBytes: number, inodesUsed: number): void;
  space(numbers: FsNumbers): Space;
  network(out: ByteWriter, time: Uint8Array, first: NetworkInterface, interfaces: readonly NetworkInterface[]): void;
  pressure(out: ByteWriter, some: readonly number[], full: readonly number[]): void;
  readonly zeroPressure: Uint8Array;
  /** A comma and the line break before the next block at this depth. */
  readonly next: Uint8Array;
}

/** A line break and the indentation after it: of the block itself and of one to three levels inside it. */
type Lines = [string, string, string, string];

/** The writers for blocks whose first line is indented by `depth` spaces; the kubelet indents by one space. */
export function blocksAt(depth: number): Blocks {
  const line = (more: number): string => '\n' + ' '.repeat(depth + more);
  const lines: Lines = [line(0), line(1), line(2), line(3)];
  const pressure = pressureWriter(lines);
  const zero = new ByteWriter();
  pressure(zero, [0, 0, 0, 0], [0, 0, 0, 0]);
  return {
    cpu: cpuWriter(lines),
    memory: memoryWriter(lines),
    ...smallWriters(lines),
    ...fsWriters(lines),
    network: networkWriter(lines),
    pressure,
    zeroPressure: Uint8Array.from(zero.written()),
    next: bytesOf(`,${lines[0]}`),
  };
}

function cpuWriter([outer, inner]: Lines): Blocks['cpu'] {
  const start = bytesOf(`"cpu": {${inner}"time": "`);
  const nano = bytesOf(`",${inner}"usageNanoCores": `);
  const total = bytesOf(`,${inner}"usageCoreNanoSeconds": `);
  const end = bytesOf(`${outer}}`);
  return (out, time, nanoCores, micros, pressure) => {
    out.bytes(start).bytes(time).bytes(nano).whole(nanoCores).bytes(total).nanos(micros);
    pressure(1);
    out.bytes(end);
  };
}

function memoryWriter([outer, inner]: Lines): Blocks['memory'] {
  const start = bytesOf(`"memory": {${inner}"time": "`);
  const available = bytesOf(`",${inner}"availableBytes": `);
  const comma = bytesOf(',');
  const quoteComma = bytesOf('",');
  const usage = bytesOf(`${inner}"usageBytes": `);
  const workingSet = bytesOf(`,${inner}"workingSetBytes": `);
  const rss = bytesOf(`,${inner}"rssBytes": `);
  const minor = bytesOf(`,${inner}"pageFaults": `);
  const major = bytesOf(`,${inner}"majorPageFaults": `);
  const end = bytesOf(`${outer}}`);
  return (out, time, numbers, pressure) => {
    out.bytes(start).bytes(time);
    if (numbers.available === undefined) {
      out.bytes(quoteComma);
    } else {
      out.bytes(available).whole(numbers.available).bytes(comma);
    }
    out.bytes(usage).whole(numbers.usage).bytes(workingSet).whole(numbers.workingSet).bytes(rss).whole(numbers.rss);
    out.bytes(minor).whole(numbers.pageFaults).bytes(major).whole(numbers.majorPageFaults);
    pressure(2);
    out.bytes(end);
  };
}

function smallWriters([outer, inner]: Lines): Pick<Blocks, 'io' | 'swap'> {
  const ioStart = bytesOf(`"io": {${inner}"time": "`);
  const quote = bytesOf('"');
  const end = bytesOf(`${outer}}`);
  const swapStart = bytesOf(`"swap": {${inner}"time": "`);
  const usage = `${inner}"swapUsageBytes": 0${outer}}`;
  const swapEnd = bytesOf(`",${usage}`);
  const swapEndWithAvailable = bytesOf(`",${inner}"swapAvailableBytes": 0,${usage}`);
  return {
    io(out, time, pressure) {
      out.bytes(ioStart).bytes(time).bytes(quote);
      pressure(3);
      out.bytes(end);
    },
    swap: (out, time, available) =>
      out
        .bytes(swapStart)
        .bytes(time)
        .bytes(available ? swapEndWithAvailable : swapEnd),
  };
}

function fsWriters([outer, inner]: Lines): Pick<Blocks, 'fs' | 'space'> {
  const start = bytesOf(`: {${inner}"time": "`);
  const inodesUsed = bytesOf(`,${inner}"inodesUsed": `);
  const end = bytesOf(`${outer}}`);
  return {
    fs(out, name, time, space, used, inodes) {
      out.bytes(name).bytes(start).bytes(time).bytes(space.before).whole(used).bytes(space.after);
      out.bytes(inodesUsed).whole(inodes).bytes(end);
    },
    space: ({ available, capacity, inodesFree, inodes }) => ({
      before: bytesOf(
        `",${inner}"availableBytes": ${available},${inner}"capacityBytes": ${capacity},${inner}"usedBytes": `
      ),
      after: bytesOf(`,${inner}"inodesFree": ${inodesFree},${inner}"inodes": ${inodes}`),
    }),
  };
}

function networkWriter([outer, inner, deep, deeper]: Lines): Blocks['network'] {
  const start = bytesOf(`"network": {${inner}"time": "`);
  const afterTime = bytesOf(`",${inner}`);
  const list = bytesOf(`,${inner}"interfaces": [`);
  const [firstOne, nextOne] = [bytesOf(`${deep}{${deeper}`), bytesOf(`,${deep}{${deeper}`)];
  const endOfOne = bytesOf(`${deep}}`);
  const end = bytesOf(`${inner}]${outer}}`);
  const own = countersWriter(inner);
  const inList = countersWriter(deeper);
  return (out, time, first, interfaces) => {
    own(out.bytes(start).bytes(time).bytes(afterTime), first);
    out.bytes(list);
    for (let i = 0; i < interfaces.length; i++) {
      inList(out.bytes(i === 0 ? firstOne : nextOne), interfaces[i]);
      out.bytes(endOfOne);
    }
    out.bytes(end);
  };
}

function countersWriter(line: string): (out: ByteWriter, each: NetworkInterface) => void {
  const name = bytesOf('"name": "');
  const rxBytes = bytesOf(`",${line}"rxBytes": `);
  const rxErrors = bytesOf(`,${line}"rxErrors": `);
  const txBytes = bytesOf(`,${line}"txBytes": `);
  const txErrors = bytesOf(`,${line}"txErrors": 0`);
  return (out, each) => {
    out.bytes(name).text(each.name).bytes(rxBytes).whole(each.rxBytes).bytes(rxErrors).whole(each.errors);
    out.bytes(txBytes).whole(each.txBytes).bytes(txErrors);
  };
}

function pressureWriter([, inner, deep, deeper]: Lines): Blocks['pressure'] {
  const full = bytesOf(`,${inner}"psi": {${deep}"full": {${deeper}"total": `);
  const averages = ['10', '60', '300'].map((span) => bytesOf(`,${deeper}"avg${span}": `));
  const some = bytesOf(`${deep}},${deep}"some": {${deeper}"total": `);
  const end = bytesOf(`${deep}}${inner}}`);
  const write = (out: ByteWriter, values: readonly number[]): void => {
    out.whole(values[0]);
    averages.forEach((average, index) => out.bytes(average).text(String(values[index + 1])));
  };
  return (out, someValues, fullValues) => {
    write(out.bytes(full), fullValues);
    write(out.bytes(some), someValues);
    out.bytes(end);
  };
}
