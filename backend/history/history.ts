import { readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { sentenceOf } from '../errors.ts';
import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { DamagedBytesError } from './byteReader.ts';
import { openDataDirectory, setAside, type DataDirectory } from './dataDirectory.ts';
import { Inventory, type HistoryObject } from './inventory.ts';
import { InventoryFile } from './inventoryFile.ts';
import { RoundLog } from './roundLog.ts';
import { COMPACTED_MS, compactRounds, compactTier, DAY_MS, sealLog, spanEnd, type Work } from './sealing.ts';
import { SegmentStore, type Retention, type Segment, type SegmentName } from './segmentStore.ts';
import { inSlices, toEnd } from './slices.ts';
import { WalReader } from './walReader.ts';
import { WalWriter } from './walWriter.ts';

export interface HistoryOptions {
  readonly path: string;
  readonly retention: Retention;
  /** How far rounds are apart. */
  readonly resolutionMs: number;
  readonly log: { info(sentence: string): void; warn(sentence: string): void };
  /** Free bytes of the disk a folder is on. */
  readonly freeBytes?: (path: string) => number;
}

/** How the history is doing. */
export interface HistoryState {
  readonly path: string;
  /** Why rounds are not written at present, in a sentence. */
  readonly problem: string | undefined;
  /** What was set aside as damaged since the start, a sentence each; the newest few. */
  readonly damages: readonly string[];
  readonly bytes: number;
  readonly maxBytes: number;
  readonly objects: number;
  readonly segments: number;
  /** Time of the oldest value of any tier, Unix ms; NaN if there is none. */
  readonly oldestMs: number;
  /** Rounds that were written, and that were not because the disk refused. */
  readonly writtenRounds: number;
  readonly lostRounds: number;
}

/** The log that rounds are written to, and since when. */
interface OpenLog {
  readonly path: string;
  readonly writer: WalWriter;
  readonly rounds: RoundLog;
  readonly spanEndMs: number;
}

/** A log that takes no more rounds; `isCut` if its last round was not written to its end and is still in it. */
interface EndedLog extends OpenLog {
  isCut: boolean;
  isClosed: boolean;
}

/** Rounds of one log. Questions read them from memory until the log is sealed, so memory has to hold some more. */
export const ROUNDS_PER_BLOCK = 10;
const MAX_DAMAGES = 20;
/** Less than this is left for logs and for segments that are being made: nothing is written below it. */
const RESERVED_BYTES = 16 * 2 ** 20;

/**
 * The history on disk: a log per block of rounds, sealed into segments, which are merged and thinned as they grow old. A disk
 * that refuses to take more is a state, not an end: rounds go on in memory, and are written again as soon as there is room.
 */
export class History {
  readonly store: SegmentStore;
  readonly inventory = new Inventory();
  private readonly options: HistoryOptions;
  private readonly directory: DataDirectory;
  private readonly inventoryFile: InventoryFile;
  private readonly damages: string[] = [];
  private open: OpenLog | undefined;
  /** Logs that wait to be sealed, the oldest first. */
  private readonly ended: EndedLog[] = [];
  private newestMs = -Infinity;
  /** Why rounds are not written, and why files are not sealed or merged; sentences. */
  private problem: string | undefined;
  private disorder: string | undefined;
  private failedRoundMs = NaN;
  private writtenRounds = 0;
  private lostRounds = 0;
  /** Objects that only a lost round named: the next log names them again. */
  private unsaved: ReadonlySet<HistoryObject> = new Set();
  /** Work on files, one after the other. */
  private work: Promise<void> = Promise.resolve();

  private constructor(options: HistoryOptions) {
    this.options = options;
    this.directory = openDataDirectory(options.path);
    this.inventoryFile = new InventoryFile(this.directory);
    const { lostBytes } = this.inventoryFile.load(this.inventory);
    if (lostBytes > 0) {
      this.noteDamage(
        `The end of the list of objects in ${this.directory.inventory} was torn; ${lostBytes} bytes were cut off.`
      );
    }
    this.store = new SegmentStore(this.directory, (sentence) => this.noteDamage(sentence));
    this.newestMs = this.store.newestMs('raw');
  }

  /**
   * Opens the history in a folder, and seals what logs an earlier process left. Throws `history_format` or
   * `history_unusable` like {@link openDataDirectory}.
   */
  static open(options: HistoryOptions): History {
    const history = new History(options);
    history.sealLeftLogs();
    return history;
  }

  /** Takes one node's part, or the totals, of a round. Never throws: a disk that refuses is a state. */
  append(batch: NodeBatch | TotalsBatch): void {
    if (batch.timestampMs === this.failedRoundMs) {
      return;
    }
    this.attempt(batch.timestampMs, () => this.logFor(batch.timestampMs).rounds.append(batch));
  }

  /** Ends a round: it is not lost any more when this returns. */
  commit(timestampMs: number): void {
    if (timestampMs !== this.failedRoundMs) {
      this.attempt(timestampMs, () => {
        const log = this.logFor(timestampMs);
        log.rounds.commit(timestampMs);
        this.newestMs = timestampMs;
        this.writtenRounds++;
        void log.writer.sync().catch((error: unknown) => this.fail(timestampMs, error));
        if (timestampMs >= log.spanEndMs) {
          this.rotate();
        } else if (this.ended.length > 0) {
          this.keepInOrder();
        }
      });
    }
    if (timestampMs === this.failedRoundMs) {
      this.lostRounds++;
    }
  }

  state(): HistoryState {
    const { store, options, damages, inventory, writtenRounds, lostRounds } = this;
    const oldest = (['1h', '10m', 'raw'] as const).map((tier) => store.ofTier(tier)[0]?.fromMs ?? Infinity);
    const oldestMs = Math.min(...oldest);
    return {
      path: options.path,
      problem: this.problem ?? this.disorder,
      damages,
      bytes: store.bytes + (this.open?.writer.bytes ?? 0),
      maxBytes: options.retention.maxBytes,
      objects: inventory.size,
      segments: store.count,
      oldestMs: oldestMs === Infinity ? NaN : oldestMs,
      writtenRounds,
      lostRounds,
    };
  }

  /** Resolves when all work on files that was begun is done. */
  settled(): Promise<void> {
    return this.work;
  }

  /** Puts everything on the disk. The open log is sealed by the next start. */
  async close(): Promise<void> {
    await this.work;
    await this.open?.writer.close().catch((error: unknown) => this.options.log.warn(sentenceOf(error)));
    this.open = undefined;
    this.store.close();
  }

  private logFor(timestampMs: number): OpenLog {
    if (this.open && timestampMs > this.open.spanEndMs) {
      this.rotate();
    }
    if (!this.open) {
      this.refuseFullDisk();
      const path = join(this.directory.wal, `${timestampMs}.wal`);
      // What a failed attempt may have left has no whole round.
      rmSync(path, { force: true });
      const writer = new WalWriter(path);
      const rounds = new RoundLog(this.inventory, writer, this.unsaved);
      this.open = {
        path,
        writer,
        rounds,
        spanEndMs: spanEnd(timestampMs, ROUNDS_PER_BLOCK * this.options.resolutionMs),
      };
    }
    return this.open;
  }

  private attempt(timestampMs: number, write: () => void): void {
    try {
      write();
      if (this.problem !== undefined && this.newestMs === timestampMs) {
        this.problem = undefined;
        this.options.log.info(`The history in ${this.options.path} is written again.`);
      }
    } catch (error) {
      this.fail(timestampMs, error);
    }
  }

  /** Leaves out a round. What was written before stays; the next round tries again with a log of its own. */
  private fail(timestampMs: number, error: unknown): void {
    this.failedRoundMs = timestampMs;
    const sentence = `The history in ${this.options.path} cannot be written: ${sentenceOf(error)}. ${adviceFor(error)} Values go on in memory meanwhile.`;
    if (this.problem !== sentence) {
      this.problem = sentence;
      this.options.log.warn(sentence);
    }
    const log = this.open;
    this.open = undefined;
    if (log) {
      this.unsaved = new Set([...this.unsaved, ...log.rounds.changed]);
      this.ended.push({ ...log, isCut: true, isClosed: false });
    }
  }

  private rotate(): void {
    if (this.open) {
      this.ended.push({ ...this.open, isCut: false, isClosed: false });
      this.open = undefined;
    }
    this.keepInOrder();
  }

  /** Seals, merges and lets go of files, when everything of the kind that was begun before is done. */
  private keepInOrder(): void {
    this.work = this.work.then(async () => {
      try {
        await this.sealEnded();
        await this.compact();
        this.expire();
        this.disorder = undefined;
      } catch (error) {
        const sentence = `The history in ${this.options.path} cannot be kept in order: ${sentenceOf(error)}. ${adviceFor(error)}`;
        if (this.disorder !== sentence) {
          this.disorder = sentence;
          this.options.log.warn(sentence);
        }
      }
    });
  }

  /** Seals the logs that take no more rounds. One that fails is tried again with the next. */
  private async sealEnded(): Promise<void> {
    for (let log = this.ended[0]; log; log = this.ended[0]) {
      if (log.isCut) {
        log.writer.rollBack();
        log.isCut = false;
      }
      if (!log.isClosed) {
        await log.writer.close();
        log.isClosed = true;
      }
      const reader = new WalReader(log.path);
      try {
        const keyOf = (number: number) => this.inventory.object(number)?.key ?? '';
        const name = await inSlices(sealLog(this.directory, reader, keyOf));
        this.inventoryFile.save(this.inventory, this.newestMs, new Set([...log.rounds.changed, ...this.unsaved]));
        this.unsaved = new Set();
        this.store.add(name ? [name] : []);
      } finally {
        reader.close();
      }
      rmSync(log.path, { force: true });
      this.ended.shift();
    }
  }

  /** Seals what an earlier process left, at once: the store has to be whole before it is asked. */
  private sealLeftLogs(): void {
    for (const file of readdirSync(this.directory.wal)
      .filter((name) => name.endsWith('.wal'))
      .sort(byTime)) {
      const path = join(this.directory.wal, file);
      try {
        this.sealLeftLog(path);
      } catch (error) {
        if (!(error instanceof DamagedBytesError)) {
          throw error;
        }
        this.noteDamage(
          `The log ${path} is damaged: ${error.message}. It was moved to ${setAside(this.directory, path)}.`
        );
      }
    }
    this.expire();
  }

  private sealLeftLog(path: string): void {
    const reader = new WalReader(path);
    try {
      const { damage, objects } = reader;
      if (damage && damage.lostBytes > 0) {
        this.options.log.info(
          `The last round in ${path} was not written to its end (${damage.reason}); ${damage.lostBytes} bytes were left out.`
        );
      }
      const changed = this.inventory.takeLogged(objects);
      const lastMs = reader.timesMs.at(-1) ?? -Infinity;
      reader.sightings((number, timestampMs) => this.inventory.seen(number, timestampMs));
      const name = toEnd(sealLog(this.directory, reader, (number) => this.inventory.object(number)?.key ?? ''));
      this.newestMs = Math.max(this.newestMs, lastMs);
      this.inventoryFile.save(this.inventory, this.newestMs, changed);
      this.store.add(name ? [name] : []);
    } finally {
      reader.close();
    }
    rmSync(path);
  }

  /** Merges what belongs together, as soon as nothing more can come to it. */
  private async compact(): Promise<void> {
    const blocks = this.store.ofTier('raw').filter(({ level }) => level === 0);
    for (const group of this.complete(blocks, COMPACTED_MS)) {
      await this.merge(group, compactRounds(this.directory, group));
    }
    for (const tier of ['10m', '1h'] as const) {
      const parts = this.store.ofTier(tier).filter(({ level }) => level === 1);
      for (const group of this.complete(parts, DAY_MS)) {
        await this.merge(group, compactTier(this.directory, group));
      }
    }
  }

  /** Merges segments. A damaged one among them is set aside, and the others are merged the next time. */
  private async merge(group: readonly Segment[], work: Work<SegmentName[]>): Promise<void> {
    try {
      this.store.add(await inSlices(work));
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      for (const segment of group) {
        await inSlices(this.store.check(segment));
      }
    }
  }

  /** Segments by the span they end in, of those spans that are over. */
  private complete(segments: readonly Segment[], spanMs: number): Segment[][] {
    const groups = Map.groupBy(segments, ({ toMs }) => spanEnd(toMs, spanMs));
    return [...groups].filter(([endMs]) => endMs <= this.newestMs).map(([, group]) => group);
  }

  private expire(): void {
    const gone = this.store.expire(this.newestMs, this.options.retention);
    if (gone.length > 0) {
      const oldest = (['raw', '10m', '1h'] as const).map((tier) => this.store.ofTier(tier)[0]?.fromMs ?? Infinity);
      this.inventory.forgetBefore(Math.min(...oldest, this.newestMs));
    }
  }

  private refuseFullDisk(): void {
    const free = (this.options.freeBytes ?? freeBytesOf)(this.options.path);
    if (free < RESERVED_BYTES) {
      throw new Error(`only ${Math.floor(free / 2 ** 20)} MiB are free on its disk`);
    }
  }

  private noteDamage(sentence: string): void {
    this.options.log.warn(sentence);
    this.damages.push(sentence);
    this.damages.splice(0, this.damages.length - MAX_DAMAGES);
  }
}

function byTime(one: string, other: string): number {
  return parseInt(one, 10) - parseInt(other, 10);
}

function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function adviceFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return 'Give this user the right to write there.';
  }
  return code === 'EIO' ? 'Look at the disk.' : 'Free space on its disk, or lower --history-size.';
}
