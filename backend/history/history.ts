import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, HeapscopeError, sentenceOf } from '../errors.ts';
import type { NodeBatch, TotalsBatch } from '../model/batch.ts';
import { openDataDirectory, type DataDirectory } from './dataDirectory.ts';
import { Inventory } from './inventory.ts';
import type { FileWorker } from './fileTasks.ts';
import { adviceFor, freeBytesOf } from './disk.ts';
import { FileThread } from './fileThread.ts';
import { FolderLock } from './folderLock.ts';
import type { GoneLimits } from './goneObjects.ts';
import { GoneStore } from './goneStore.ts';
import type { HistoryState } from './historyState.ts';
import { InventoryFile, type LoadedInventory } from './inventoryFile.ts';
import { KnownObjects } from './knownObjects.ts';
import { OtherBytes } from './otherBytes.ts';
import { rebuildInventory } from './rebuildInventory.ts';
import { RoundLog } from './roundLog.ts';
import { COMPACTED_MS, spanEnd } from './sealing.ts';
import { SegmentStore, type Retention } from './segmentStore.ts';
import { Upkeep } from './upkeep.ts';
import { WalWriter } from './walWriter.ts';

export interface HistoryOptions {
  readonly path: string;
  readonly retention: Retention;
  /** How far rounds are apart. */
  readonly resolutionMs: number;
  readonly log: { info(sentence: string): void; warn(sentence: string): void };
  /** Free bytes of the disk a folder is on. */
  readonly freeBytes?: (path: string) => number;
  /** How many objects that are gone stay in memory; half of what is there unless given. */
  readonly goneLimits?: GoneLimits;
  /** Who works on files; a thread of its own unless given. */
  readonly files?: (directory: DataDirectory) => FileWorker;
}

/** The log that rounds are written to, and since when. */
interface OpenLog {
  readonly path: string;
  readonly writer: WalWriter;
  readonly rounds: RoundLog;
  readonly spanEndMs: number;
}

/** Rounds of one log. Questions read them from memory until the log is sealed, so memory has to hold some more. */
export const ROUNDS_PER_BLOCK = 10;
/** How long closing waits for work on files. */
const CLOSING_MS = 2_000;
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
  /** All objects, those that are gone included. */
  readonly known: KnownObjects;
  private readonly options: HistoryOptions;
  readonly directory: DataDirectory;
  private readonly inventoryFile: InventoryFile;
  private readonly upkeep: Upkeep;
  private readonly lock: FolderLock;
  private readonly otherBytes: OtherBytes;
  private readonly damages: string[] = [];
  private open: OpenLog | undefined;
  /** Why rounds are not written, and why files are not sealed or merged; sentences. */
  private problem: string | undefined;
  private disorder: string | undefined;
  private failedRoundMs = NaN;
  private writtenRounds = 0;
  private lostRounds = 0;
  private readonly stopping = new AbortController();
  /** Work on files, one after the other. */
  private work: Promise<void> = Promise.resolve();

  private constructor(options: HistoryOptions) {
    this.options = options;
    const noteDamage = (sentence: string) => this.noteDamage(sentence);
    this.directory = openDataDirectory(options.path, noteDamage);
    this.lock = FolderLock.take(options.path);
    this.otherBytes = new OtherBytes(this.directory);
    this.inventoryFile = new InventoryFile(this.directory);
    const loaded = this.inventoryFile.load(this.inventory);
    const gone = new GoneStore(this.directory, noteDamage);
    // The file of the inventory may have them still.
    this.inventory.forgetBefore(gone.untilMs + 1);
    this.known = new KnownObjects(this.inventory, gone);
    this.store = new SegmentStore(this.directory, noteDamage);
    const { directory, store, inventory, inventoryFile } = this;
    this.upkeep = new Upkeep({
      directory,
      store,
      inventory,
      gone,
      inventoryFile,
      goneLimits: options.goneLimits,
      retention: options.retention,
      files: options.files?.(directory) ?? new FileThread(directory, this.stopping.signal),
      info: (sentence) => options.log.info(sentence),
      noteDamage,
      findLostObjects: () => this.findLostObjects(loaded),
    });
  }

  /**
   * Opens the history in a folder, and begins to seal the logs that an earlier process left: their rounds are there when it
   * has {@link settled}. Throws `history_format` or `history_unusable` like {@link openDataDirectory}, and `history_locked`
   * if another process writes there.
   */
  static open(options: HistoryOptions): History {
    try {
      const history = new History(options);
      history.upkeep.takeLeftLogs();
      history.keepInOrder();
      return history;
    } catch (error) {
      if (error instanceof HeapscopeError || codeOf(error) === '') {
        throw error;
      }
      const sentence = `The history in ${options.path} cannot be opened: ${sentenceOf(error)}. ${adviceFor(error)}`;
      throw new HeapscopeError('history_unusable', sentence, { cause: error });
    }
  }

  /** Takes one node's part, or the totals, of a round. Never throws: a disk that refuses is a state. */
  append(batch: NodeBatch | TotalsBatch): void {
    if (batch.timestampMs === this.failedRoundMs || this.isPast(batch.timestampMs)) {
      return;
    }
    this.attempt(batch.timestampMs, () => this.logFor(batch.timestampMs).rounds.append(batch));
  }

  /** Ends a round: it is not lost any more when this returns. */
  commit(timestampMs: number): void {
    if (this.isPast(timestampMs)) {
      this.lostRounds++;
      this.tellProblem(
        `The clock stands at ${iso(timestampMs)}, but the history in ${this.options.path} has rounds until ${iso(this.upkeep.newestMs)}: rounds are not written before that. Correct the clock, or give another folder.`
      );
      return;
    }
    if (timestampMs !== this.failedRoundMs) {
      this.attempt(timestampMs, () => {
        const log = this.logFor(timestampMs);
        log.rounds.commit(timestampMs);
        this.upkeep.newestMs = timestampMs;
        this.writtenRounds++;
        void log.writer.sync().catch((error: unknown) => this.fail(timestampMs, error));
        if (timestampMs >= log.spanEndMs) {
          this.rotate();
        } else if (this.upkeep.hasWaiting) {
          this.keepInOrder();
        }
      });
    }
    if (timestampMs === this.failedRoundMs) {
      this.lostRounds++;
      this.keepInOrder();
    }
  }

  state(): HistoryState {
    const { store, options, damages, known, writtenRounds, lostRounds } = this;
    const oldest = (['1h', '10m', 'raw'] as const).map((tier) => store.ofTier(tier)[0]?.fromMs ?? Infinity);
    const oldestMs = Math.min(...oldest);
    return {
      path: options.path,
      problem: this.problem ?? this.disorder,
      damages,
      bytes: store.bytes + this.otherBytes.at(this.upkeep.newestMs),
      maxBytes: options.retention.maxBytes,
      objects: known.size,
      segments: store.count,
      oldestMs: oldestMs === Infinity ? NaN : oldestMs,
      newestMs: this.upkeep.newestMs === -Infinity ? NaN : this.upkeep.newestMs,
      unreadSinceMs: this.upkeep.unreadSinceMs,
      writtenRounds,
      lostRounds,
    };
  }

  /** Resolves when all work on files that was begun is done. */
  settled(): Promise<void> {
    return this.work;
  }

  /** Writes the list of objects anew, such as after some were taken out of it. */
  saveInventory(): void {
    this.inventoryFile.rewrite(this.inventory, this.upkeep.newestMs);
  }

  /** Puts everything on the disk. The open log, and work that takes longer than a moment, is left to the next start. */
  async close(): Promise<void> {
    const patience = setTimeout(() => this.stopping.abort(new Error('The history is closed.')), CLOSING_MS);
    await this.work;
    clearTimeout(patience);
    await this.open?.writer.close().catch((error: unknown) => this.options.log.warn(sentenceOf(error)));
    this.open = undefined;
    this.store.close();
    this.known.gone.close();
    this.lock.release();
  }

  private logFor(timestampMs: number): OpenLog {
    if (this.open && timestampMs > this.open.spanEndMs) {
      this.rotate();
    }
    if (!this.open) {
      this.refuseFullDisk();
      if (!this.lock.isHeld) {
        throw new HeapscopeError('history_locked', 'another Heapscope writes there now');
      }
      const path = join(this.directory.wal, `${timestampMs}.wal`);
      // What a failed attempt may have left has no whole round.
      rmSync(path, { force: true });
      const writer = new WalWriter(path);
      const rounds = new RoundLog(this.inventory, writer, this.upkeep.unsaved);
      this.open = {
        path,
        writer,
        rounds,
        // A block that reached over the end of what is merged would be in neither of two merged segments as a whole.
        spanEndMs: Math.min(
          spanEnd(timestampMs, ROUNDS_PER_BLOCK * this.options.resolutionMs),
          spanEnd(timestampMs, COMPACTED_MS)
        ),
      };
    }
    return this.open;
  }

  private attempt(timestampMs: number, write: () => void): void {
    try {
      write();
      if (this.problem !== undefined && this.upkeep.newestMs === timestampMs) {
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
    this.tellProblem(sentence);
    const log = this.open;
    this.open = undefined;
    if (log) {
      this.upkeep.unsaved = new Set([...this.upkeep.unsaved, ...log.rounds.changed]);
      this.upkeep.add({ path: log.path, changed: log.rounds.changed, writer: log.writer, isCut: true });
    }
  }

  private rotate(): void {
    if (this.open) {
      const { path, rounds, writer } = this.open;
      this.upkeep.add({ path, changed: rounds.changed, writer, isCut: false });
      this.open = undefined;
    }
    this.keepInOrder();
  }

  /** Seals, merges and lets go of files, when everything of the kind that was begun before is done. */
  private keepInOrder(): void {
    this.work = this.work.then(async () => {
      try {
        await this.upkeep.run();
        this.disorder = undefined;
      } catch (error) {
        if (!this.stopping.signal.aborted) {
          this.noteDisorder(error);
        }
      }
    });
  }

  /** Completes an inventory whose file was damaged or lost by what segments know. Answers with how many objects were found. */
  private findLostObjects({ lostBytes, isDamaged, isMissing }: LoadedInventory): number {
    if (lostBytes === 0 && !(isMissing && this.store.count > 0)) {
      return 0;
    }
    const found = rebuildInventory(this.store, this.known);
    const where = `The list of objects in ${this.directory.inventory}`;
    if (isDamaged || found > 0) {
      const what = isMissing ? 'was missing' : `was damaged (${lostBytes} bytes)`;
      this.noteDamage(`${where} ${what}; ${found} objects were found again by their names, without labels and owners.`);
      try {
        this.saveInventory();
      } catch (error) {
        // The next time that it is saved it is written anew.
        this.noteDisorder(error);
      }
    } else if (lostBytes > 0) {
      this.options.log.info(`${where} was not written to its end; ${lostBytes} bytes were left out.`);
    }
    return found;
  }

  private noteDisorder(error: unknown): void {
    const sentence = `The history in ${this.options.path} cannot be kept in order: ${sentenceOf(error)}. ${adviceFor(error)}`;
    if (this.disorder !== sentence) {
      this.disorder = sentence;
      this.options.log.warn(sentence);
    }
  }

  private tellProblem(sentence: string): void {
    if (this.problem !== sentence) {
      this.problem = sentence;
      this.options.log.warn(sentence);
    }
  }

  /** Whether a round of this time or a later one was ended already: a clock was set back. */
  private isPast(timestampMs: number): boolean {
    return timestampMs <= this.upkeep.newestMs;
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

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
