import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedBytesError } from './byteReader.ts';
import { setAside, type DataDirectory } from './dataDirectory.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import { isAhead, type InventoryFile } from './inventoryFile.ts';
import { COMPACTED_MS, compactRounds, compactTier, DAY_MS, sealLog, spanEnd, type Work } from './sealing.ts';
import type { Retention, Segment, SegmentName, SegmentStore } from './segmentStore.ts';
import { BUCKET_MS } from './shardBlock.ts';
import { inSlices, toEnd } from './slices.ts';
import { WalReader } from './walReader.ts';
import type { WalWriter } from './walWriter.ts';

/** A log that takes no more rounds. */
export interface EndedLog {
  readonly path: string;
  /** Objects it names that the inventory's file may lack. */
  readonly changed: ReadonlySet<HistoryObject>;
  /** Missing for a log of an earlier process, and as soon as it is closed. */
  writer?: WalWriter;
  /** Whether its last round was not written to its end and is still in it. */
  isCut: boolean;
}

/** What the upkeep works on, and whom it tells. */
export interface UpkeepParts {
  readonly directory: DataDirectory;
  readonly store: SegmentStore;
  readonly inventory: Inventory;
  readonly inventoryFile: InventoryFile;
  readonly retention: Retention;
  /** Aborts when the work can be left to the next start. */
  readonly stopping: AbortSignal;
  readonly info: (sentence: string) => void;
  readonly noteDamage: (sentence: string) => void;
  /** Finds the objects that the inventory's file does not know although it should. */
  readonly findLostObjects: () => void;
}

/** Keeps the files of a history in order: seals logs, merges segments, lets go of what is old. */
export class Upkeep {
  /** Time of the newest round that was ended. */
  newestMs: number;
  /** Objects that the inventory's file lacks although their log is gone: the next log names them again. */
  unsaved: ReadonlySet<HistoryObject> = new Set();
  private readonly parts: UpkeepParts;
  /** Logs that wait to be sealed, the oldest first. */
  private readonly ended: EndedLog[] = [];

  constructor(parts: UpkeepParts) {
    this.parts = parts;
    this.newestMs = parts.store.newestMs('raw');
  }

  get hasWaiting(): boolean {
    return this.ended.length > 0;
  }

  /** Takes a log that is to be sealed. */
  add(log: EndedLog): void {
    this.ended.push(log);
  }

  /** Does all there is to do now. What fails is tried again the next time. */
  async run(): Promise<void> {
    try {
      for (let log = this.ended[0]; log; log = this.ended[0]) {
        await this.seal(log);
        this.ended.shift();
      }
      await this.compact();
    } finally {
      // On a full disk this is what makes room.
      this.expire();
    }
  }

  /**
   * Seals what an earlier process left, at once: the store has to be whole before it is asked. Answers with why that
   * failed, such as a full disk; then it is tried again with the next log.
   */
  sealLeftLogs(): unknown {
    const { directory, noteDamage } = this.parts;
    let failure: unknown;
    const paths = logsIn(directory);
    for (const path of paths) {
      try {
        // One after the other: what is merged has to be complete.
        const failed = this.takeLeft(path, failure);
        failure ??= failed;
      } catch (error) {
        if (!(error instanceof DamagedBytesError)) {
          throw error;
        }
        noteDamage(`The log ${path} is damaged: ${error.message}. It was moved to ${setAside(directory, path)}.`);
      }
    }
    if (paths.length === 0) {
      this.parts.findLostObjects();
    }
    this.expire();
    return failure;
  }

  /** Takes the objects of a log, and seals it unless that failed with one before. Answers with why it is not sealed. */
  private takeLeft(path: string, failure: unknown): unknown {
    const { inventory } = this.parts;
    const reader = new WalReader(path);
    try {
      this.tellDamage(path, reader);
      const changed = inventory.takeLogged(reader.objects);
      this.parts.findLostObjects();
      reader.sightings((number, timestampMs) => inventory.seen(number, timestampMs));
      this.newestMs = Math.max(this.newestMs, reader.timesMs.at(-1) ?? -Infinity);
      const failed = failure ?? this.sealLeft(path, reader, changed);
      if (failed !== undefined) {
        this.ended.push({ path, changed, isCut: false });
      }
      return failed;
    } finally {
      reader.close();
    }
  }

  private sealLeft(path: string, reader: WalReader, changed: ReadonlySet<HistoryObject>): unknown {
    const { inventory, inventoryFile, store } = this.parts;
    try {
      const name = this.isSealed(reader) ? undefined : toEnd(this.sealing(reader));
      inventoryFile.save(inventory, this.newestMs, changed);
      store.add(name ? [name] : []);
      this.finish(path, reader);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private async seal(log: EndedLog): Promise<void> {
    const { inventory, inventoryFile, store } = this.parts;
    if (log.isCut) {
      log.writer?.rollBack();
      log.isCut = false;
    }
    await log.writer?.close();
    log.writer = undefined;
    const reader = new WalReader(log.path);
    try {
      const name = await inSlices(this.sealing(reader), this.parts.stopping);
      const untilMs = this.newestMs;
      const changed = new Set([...log.changed, ...this.unsaved]);
      inventoryFile.save(inventory, untilMs, changed);
      this.unsaved = new Set([...this.unsaved].filter((object) => isAhead(object, untilMs)));
      store.add(name ? [name] : []);
      this.finish(log.path, reader);
    } finally {
      reader.close();
    }
  }

  private sealing(reader: WalReader): Work<SegmentName | undefined> {
    const { directory, inventory } = this.parts;
    return sealLog(directory, reader, (number) => inventory.object(number)?.key ?? '');
  }

  /** Whether a segment was made of a log already, before the process was killed that did it. */
  private isSealed({ timesMs }: WalReader): boolean {
    const [first, last] = [timesMs[0], timesMs.at(-1)];
    const { store } = this.parts;
    const made = store.ofTier('raw').find(({ fromMs, toMs }) => fromMs <= first && toMs >= last!);
    return made !== undefined && toEnd(store.check(made));
  }

  /** Removes a log that is sealed; a damaged one is kept aside. */
  private finish(path: string, { damage }: WalReader): void {
    if (damage && !damage.isTorn) {
      setAside(this.parts.directory, path);
    } else {
      rmSync(path, { force: true });
    }
  }

  private tellDamage(path: string, { damage }: WalReader): void {
    if (damage && !damage.isTorn) {
      this.parts.noteDamage(
        `The log ${path} is damaged at byte ${damage.offset}: ${damage.reason}. ${damage.lostBytes} bytes of it were left out, all else is served; it is kept in ${this.parts.directory.damaged}.`
      );
    } else if (damage) {
      this.parts.info(
        `The last round in ${path} was not written to its end (${damage.reason}); ${damage.lostBytes} bytes were left out.`
      );
    }
  }

  /** Merges what belongs together, as soon as nothing more can come to it. */
  private async compact(): Promise<void> {
    const blocks = this.parts.store.ofTier('raw').filter(({ level }) => level === 0);
    for (const group of this.complete(blocks, COMPACTED_MS)) {
      await this.merge(group, compactRounds(this.parts.directory, group));
    }
    for (const tier of ['10m', '1h'] as const) {
      const parts = this.parts.store.ofTier(tier).filter(({ level }) => level === 1);
      for (const group of this.complete(parts, DAY_MS)) {
        await this.merge(group, compactTier(this.parts.directory, group));
      }
    }
  }

  /** Merges segments. A damaged one among them is set aside, and the others are merged the next time. */
  private async merge(group: readonly Segment[], work: Work<SegmentName[]>): Promise<void> {
    try {
      this.parts.store.add(await inSlices(work, this.parts.stopping));
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      for (const segment of group) {
        await inSlices(this.parts.store.check(segment));
      }
    }
  }

  /** Segments by the span they end in, of those spans that are over. */
  private complete(segments: readonly Segment[], spanMs: number): Segment[][] {
    const groups = Map.groupBy(segments, ({ toMs }) => spanEnd(toMs, spanMs));
    return [...groups].filter(([endMs]) => endMs <= this.newestMs).map(([, group]) => group);
  }

  private expire(): void {
    const { store, inventory, retention } = this.parts;
    const gone = store.expire(this.newestMs, retention);
    if (gone.length > 0) {
      // A bucket has values from before its end.
      const oldest = (['raw', '10m', '1h'] as const).map(
        (tier) => (store.ofTier(tier)[0]?.fromMs ?? Infinity) - BUCKET_MS[tier]
      );
      inventory.forgetBefore(Math.min(...oldest, this.newestMs));
    }
  }
}

/** Logs in order of time. */
function logsIn({ wal }: DataDirectory): string[] {
  const names = readdirSync(wal).filter((name) => name.endsWith('.wal'));
  return names.sort((one, other) => parseInt(one, 10) - parseInt(other, 10)).map((name) => join(wal, name));
}
