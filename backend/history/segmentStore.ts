import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedBytesError } from './byteReader.ts';
import { setAside, type DataDirectory } from './dataDirectory.ts';
import { SegmentReader } from './segmentReader.ts';
import { syncFolder } from './segmentWriter.ts';
import type { Tier } from './shardBlock.ts';

/** What the name of a segment file tells. */
export interface SegmentName {
  readonly tier: Tier;
  /** 0: made from a log; a higher one stands for the lower ones of its time. */
  readonly level: number;
  /** Times of the first and the last round, or ends of the first and the last bucket. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** An open segment. */
export interface Segment extends SegmentName {
  readonly reader: SegmentReader;
}

/** How long each tier is kept, and how much disk all of them may take. */
export interface Retention {
  readonly keepMs: Readonly<Record<Tier, number>>;
  readonly maxBytes: number;
}

/** Is told, in a sentence, what was set aside. */
export type DamageListener = (sentence: string) => void;

const NAME = /^(raw|10m|1h)\.(\d+)\.(\d+)\.(\d+)\.seg$/;

/** The path of a segment. */
export function segmentPath(directory: DataDirectory, { tier, level, fromMs, toMs }: SegmentName): string {
  return join(directory.segments, `${tier}.${level}.${fromMs}.${toMs}.seg`);
}

/** All segments of a data directory, open. */
export class SegmentStore {
  private readonly directory: DataDirectory;
  private readonly onDamage: DamageListener;
  private readonly isReadOnly: boolean;
  private segments: Segment[] = [];

  /**
   * Opens all segments; unfinished files and such as a larger segment stands for are removed, damaged ones set aside. Read
   * only, files are left as they are, and what would be removed or set aside is left out.
   */
  constructor(directory: DataDirectory, onDamage: DamageListener, { isReadOnly = false } = {}) {
    this.directory = directory;
    this.onDamage = onDamage;
    this.isReadOnly = isReadOnly;
    for (const file of readdirSync(directory.segments)) {
      const match = NAME.exec(file);
      if (match) {
        const [, tier, level, fromMs, toMs] = match;
        this.open({ tier: tier as Tier, level: Number(level), fromMs: Number(fromMs), toMs: Number(toMs) });
      } else if (file.endsWith('.part') && !isReadOnly) {
        rmSync(join(directory.segments, file));
      }
    }
    this.remove(this.segments.filter((segment) => this.segments.some((other) => standsFor(other, segment))));
  }

  /** Segments of a tier in order of time. */
  ofTier(tier: Tier): Segment[] {
    return this.segments.filter((segment) => segment.tier === tier);
  }

  /** Segments of a tier that have something between two times, both inclusive. */
  between(tier: Tier, fromMs: number, toMs: number): Segment[] {
    return this.segments.filter((segment) => segment.tier === tier && segment.toMs >= fromMs && segment.fromMs <= toMs);
  }

  /** Time of the newest round or bucket of a tier, -Infinity if there is none. */
  newestMs(tier: Tier): number {
    return this.ofTier(tier).reduce((newest, { toMs }) => Math.max(newest, toMs), -Infinity);
  }

  get count(): number {
    return this.segments.length;
  }

  /** Bytes of all segment files. */
  get bytes(): number {
    return this.segments.reduce((sum, { reader }) => sum + reader.bytes, 0);
  }

  /**
   * Takes segments that were written, and removes those they stand for. One that was written again after a crash takes the
   * place of what the first attempt left.
   */
  add(names: readonly SegmentName[]): void {
    for (const name of names) {
      const same = this.segments.filter((other) => isSameFile(name, other));
      same.forEach(({ reader }) => reader.close());
      this.segments = this.segments.filter((other) => !same.includes(other));
      this.remove(this.segments.filter((other) => isAnotherAttempt(name, other)));
      this.open(name);
    }
    this.remove(this.segments.filter((segment) => this.segments.some((other) => standsFor(other, segment))));
  }

  /** Takes a segment that is somewhere else, for as long as this store is open. */
  adopt(segment: Segment): void {
    this.segments.push(segment);
    this.segments.sort((one, other) => one.fromMs - other.fromMs || one.toMs - other.toMs);
  }

  /** Removes segments and their files. */
  drop(segments: readonly Segment[]): void {
    this.remove(segments);
  }

  /** Opens a segment anew that was written again under its name. */
  reopen(segment: Segment): void {
    this.add([segment]);
  }

  /** Sets a segment aside that a read found damaged. */
  setAside(segment: Segment, error: DamagedBytesError): void {
    this.segments = this.segments.filter((other) => other !== segment);
    segment.reader.close();
    this.tellDamage(segment, error);
  }

  /** Removes what is older than its tier is kept, then the oldest of all until the rest fits. Answers with what went. */
  expire(nowMs: number, { keepMs, maxBytes }: Retention): Segment[] {
    // Blocks wait for their buckets to be made, however old they are after a pause.
    const old = this.segments.filter(
      ({ tier, level, toMs }) => toMs < nowMs - keepMs[tier] && (tier !== 'raw' || level > 0)
    );
    this.remove(old);
    const tooMuch = this.beyond(nowMs, { keepMs, maxBytes });
    this.remove(tooMuch);
    return [...old, ...tooMuch];
  }

  /**
   * Segments that have to go so that the rest fits: one after the other the oldest of the tier that reaches back furthest,
   * measured by how long it is to be kept. So all tiers shorten alike; where no times are given, samples go before buckets.
   */
  beyond(nowMs: number, { keepMs, maxBytes }: Retention): Segment[] {
    const gone: Segment[] = [];
    let { bytes } = this;
    // The newest segment of a tier stays: without it nothing would be left to look at.
    const tiers = (['raw', '10m', '1h'] as const).map((tier) => ({ tier, left: this.ofTier(tier).slice(0, -1) }));
    const reach = ({ tier, left }: (typeof tiers)[number]) =>
      left.length > 0 ? (nowMs - left[0].fromMs) / keepMs[tier] : -Infinity;
    while (bytes > maxBytes) {
      const longest = tiers.reduce((one, other) => (reach(other) > reach(one) ? other : one));
      const segment = longest.left.shift();
      if (!segment) {
        break;
      }
      gone.push(segment);
      bytes -= segment.reader.bytes;
    }
    return gone;
  }

  close(): void {
    this.segments.splice(0).forEach(({ reader }) => reader.close());
  }

  private open(name: SegmentName): void {
    const path = segmentPath(this.directory, name);
    try {
      const segment = { ...name, reader: SegmentReader.open(path) };
      this.segments.push(segment);
      this.segments.sort((one, other) => one.fromMs - other.fromMs || one.toMs - other.toMs);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      this.tellDamage(name, error);
    }
  }

  private remove(segments: readonly Segment[]): void {
    if (segments.length === 0) {
      return;
    }
    this.segments = this.segments.filter((segment) => !segments.includes(segment));
    for (const segment of segments) {
      segment.reader.close();
      if (!this.isReadOnly) {
        rmSync(segment.reader.path, { force: true });
      }
    }
    if (this.isReadOnly) {
      return;
    }
    syncFolder(this.directory.segments);
  }

  private tellDamage(name: SegmentName, error: DamagedBytesError): void {
    const path = segmentPath(this.directory, name);
    const { size } = statSync(path);
    const moved = this.isReadOnly ? 'It is left out' : `It was moved to ${setAside(this.directory, path)}`;
    const span = `${new Date(name.fromMs).toISOString()} to ${new Date(name.toMs).toISOString()}`;
    this.onDamage(
      `The history file ${path} (${size} bytes, tier ${name.tier}, ${span}) is damaged: ${error.message}. ${moved}; all else is served.`
    );
  }
}

function isSameFile(one: SegmentName, other: SegmentName): boolean {
  const isSameKind = one.tier === other.tier && one.level === other.level;
  return isSameKind && one.fromMs === other.fromMs && one.toMs === other.toMs;
}

/** Segments of one tier and level share no more than the bucket at their border, unless one was made a second time. */
function isAnotherAttempt(one: SegmentName, other: SegmentName): boolean {
  const isSameKind = one.tier === other.tier && one.level === other.level;
  return isSameKind && one.fromMs < other.toMs && one.toMs > other.fromMs;
}

/** Whether one segment has all that the other has, made from it. */
function standsFor(one: SegmentName, other: SegmentName): boolean {
  return one.tier === other.tier && one.level > other.level && one.fromMs <= other.fromMs && one.toMs >= other.toMs;
}
