/** Pressure as the kubelet prints it: total in nanoseconds, averages in per cent. */
export interface PressureShare {
  total: number;
  avg10: number;
  avg60: number;
  avg300: number;
}

export interface MemoryNumbers {
  /** Left out where there is no limit. */
  available?: number;
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
  before: string;
  after: string;
}

/** Printers of the blocks that occur at several depths of a summary. Joined text, since building objects costs more. */
export interface Blocks {
  cpu(time: string, nanoCores: number, micros: number, pressure: string): string;
  memory(time: string, numbers: MemoryNumbers, pressure: string): string;
  io(time: string, pressure: string): string;
  swap(time: string, available: string, usageBytes: number): string;
  fs(name: string, time: string, space: Space, usedBytes: number, inodesUsed: number): string;
  space(availableBytes: number, capacityBytes: number, inodesFree: number, inodes: number): Space;
  network(time: string, first: NetworkInterface, interfaces: readonly NetworkInterface[]): string;
  pressure(some: PressureShare, full: PressureShare): string;
  readonly zeroPressure: string;
}

const ZERO: PressureShare = { total: 0, avg10: 0, avg60: 0, avg300: 0 };

/** Microseconds printed as nanoseconds; numbers beyond 2^53 stay exact, since the last three digits are only text. */
export function nanosText(micros: number): string {
  return micros === 0 ? '0' : `${micros}000`;
}

/** The printers for blocks whose first line is indented by `depth` spaces; the kubelet indents by one space. */
export function blocksAt(depth: number): Blocks {
  const lines = linesAt(depth);
  const pressure = pressurePrinter(lines);
  return {
    cpu: cpuPrinter(lines),
    memory: memoryPrinter(lines),
    ...smallPrinters(lines),
    ...fsPrinters(lines),
    network: networkPrinter(lines),
    pressure,
    zeroPressure: pressure(ZERO, ZERO),
  };
}

/** A line break and the indentation after it: of the block itself and of one to four levels inside it. */
type Lines = [string, string, string, string, string];

function linesAt(depth: number): Lines {
  const line = (more: number): string => '\n' + ' '.repeat(depth + more);
  return [line(0), line(1), line(2), line(3), line(4)];
}

function cpuPrinter([outer, inner]: Lines): Blocks['cpu'] {
  const start = `"cpu": {${inner}"time": "`;
  const nano = `",${inner}"usageNanoCores": `;
  const total = `,${inner}"usageCoreNanoSeconds": `;
  const end = `${outer}}`;
  return (time, nanoCores, micros, pressure) =>
    start + time + nano + nanoCores + total + nanosText(micros) + pressure + end;
}

function memoryPrinter([outer, inner]: Lines): Blocks['memory'] {
  const start = `"memory": {${inner}"time": "`;
  const available = `,${inner}"availableBytes": `;
  const usage = `,${inner}"usageBytes": `;
  const workingSet = `,${inner}"workingSetBytes": `;
  const rss = `,${inner}"rssBytes": `;
  const minor = `,${inner}"pageFaults": `;
  const major = `,${inner}"majorPageFaults": `;
  const end = `${outer}}`;
  return (time, numbers, pressure) =>
    start +
    time +
    '"' +
    (numbers.available === undefined ? '' : available + numbers.available) +
    usage +
    numbers.usage +
    workingSet +
    numbers.workingSet +
    rss +
    numbers.rss +
    minor +
    numbers.pageFaults +
    major +
    numbers.majorPageFaults +
    pressure +
    end;
}

function smallPrinters([outer, inner]: Lines): Pick<Blocks, 'io' | 'swap'> {
  const ioStart = `"io": {${inner}"time": "`;
  const swapStart = `"swap": {${inner}"time": "`;
  const swapAvailable = `",${inner}"swapAvailableBytes": `;
  const swapUsage = `${inner}"swapUsageBytes": `;
  const end = `${outer}}`;
  return {
    io: (time, pressure) => ioStart + time + '"' + pressure + end,
    swap: (time, available, usageBytes) =>
      swapStart + time + (available === '' ? '",' : swapAvailable + available + ',') + swapUsage + usageBytes + end,
  };
}

function fsPrinters([outer, inner]: Lines): Pick<Blocks, 'fs' | 'space'> {
  const start = `": {${inner}"time": "`;
  const inodesUsed = `,${inner}"inodesUsed": `;
  const end = `${outer}}`;
  return {
    fs: (name, time, space, used, inodes) =>
      '"' + name + start + time + '"' + space.before + used + space.after + inodesUsed + inodes + end,
    space: (availableBytes, capacityBytes, inodesFree, inodes) => ({
      before: `,${inner}"availableBytes": ${availableBytes},${inner}"capacityBytes": ${capacityBytes},${inner}"usedBytes": `,
      after: `,${inner}"inodesFree": ${inodesFree},${inner}"inodes": ${inodes}`,
    }),
  };
}

function networkPrinter([outer, inner, deep, deeper]: Lines): Blocks['network'] {
  const counters = (line: string, each: NetworkInterface): string =>
    `"name": "${each.name}",${line}"rxBytes": ${each.rxBytes},${line}"rxErrors": ${each.errors},` +
    `${line}"txBytes": ${each.txBytes},${line}"txErrors": 0`;
  return (time, first, interfaces) =>
    `"network": {${inner}"time": "${time}",${inner}${counters(inner, first)},${inner}"interfaces": [` +
    interfaces.map((each) => `${deep}{${deeper}${counters(deeper, each)}${deep}}`).join(',') +
    `${inner}]${outer}}`;
}

function pressurePrinter([, inner, deep, deeper]: Lines): Blocks['pressure'] {
  const share = (values: PressureShare): string =>
    `{${deeper}"total": ${values.total},${deeper}"avg10": ${values.avg10},` +
    `${deeper}"avg60": ${values.avg60},${deeper}"avg300": ${values.avg300}${deep}}`;
  return (some, full) => `,${inner}"psi": {${deep}"full": ${share(full)},${deep}"some": ${share(some)}${inner}}`;
}
