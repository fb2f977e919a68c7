import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedBytesError } from './byteReader.ts';
import { setAside, type DataDirectory } from './dataDirectory.ts';
import { forgetGone, goneUntilMs, type GoneLimits } from './goneObjects.ts';
import type { GoneStore } from './goneStore.ts';
import type { HistoryObject, Inventory } from './inventory.ts';
import { isAhead, type InventoryFile } from './inventoryFile.ts';
import type { FileTaskDone, FileWorker } from './fileTasks.ts';
import { boundDamaged, otherBytesOf } from './otherBytes.ts';
import { COMPACTED_MS, DAY_MS, spanEnd } from './sealing.ts';
import type { Retention, Segment, SegmentName, SegmentStore } from './segmentStore.ts';
import { BUCKET_MS } from './shardBlock.ts';
import { WalReader, type LogDamage } from './walReader.ts';
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
  /** Times of the rounds of a log of an earlier process, which may have made a segment of it already. */
  readonly timesMs?: readonly number[];
}

/** What the upkeep works on, and whom it tells. */
export interface UpkeepParts {
  readonly directory: DataDirectory;
  readonly store: SegmentStore;
  readonly inventory: Inventory;
  readonly gone: GoneStore;
  readonly inventoryFile: InventoryFile;
  readonly goneLimits: GoneLimits | undefined;
  readonly retention: Retention;
  readonly files: FileWorker;
  readonly info: (sentence: string) => void;
  readonly noteDamage: (sentence: string) => void;
  /** Finds the objects that the inventory's file does not know although it should; answers with how many those were. */
  readonly findLostObjects: () => number;
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

  /** Time of the first round of an earlier process whose log waits to be sealed. */
  get unreadSinceMs(): number | undefined {
    return this.ended.find(({ timesMs }) => timesMs !== undefined)?.timesMs?.[0];
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
      await this.moveGone();
    } finally {
      // On a full disk this is what makes room.
      this.expire();
    }
  }

  /** Takes what logs of an earlier process know of objects; {@link run} seals them. */
  takeLeftLogs(): void {
    const { directory, noteDamage } = this.parts;
    for (const path of logsIn(directory)) {
      try {
        this.takeLeft(path);
      } catch (error) {
        if (!(error instanceof DamagedBytesError)) {
          throw error;
        }
        noteDamage(`The log ${path} is damaged: ${error.message}. It was moved to ${setAside(directory, path)}.`);
      }
    }
    // A log may name objects that have left memory since.
    this.parts.inventory.forgetBefore(this.parts.gone.untilMs + 1);
    // What any of the logs names is not lost.
    if (this.parts.findLostObjects() > 0) {
      this.ended.forEach(({ path }) => this.noteSightings(path));
    }
  }

  private noteSightings(path: string): void {
    const reader = new WalReader(path);
    try {
      reader.sightings((number, timestampMs) => this.parts.inventory.seen(number, timestampMs));
    } finally {
      reader.close();
    }
  }

  private takeLeft(path: string): void {
    const { inventory } = this.parts;
    const reader = new WalReader(path);
    try {
      this.tellDamage(path, reader);
      const changed = inventory.takeLogged(reader.objects);
      reader.sightings((number, timestampMs) => inventory.seen(number, timestampMs));
      const { timesMs } = reader;
      this.newestMs = Math.max(this.newestMs, timesMs.at(-1) ?? -Infinity);
      this.ended.push({ path, changed, isCut: false, timesMs });
    } finally {
      reader.close();
    }
  }

  private async seal(log: EndedLog): Promise<void> {
    const { files, inventory, inventoryFile, store } = this.parts;
    if (log.isCut) {
      log.writer?.rollBack();
      log.isCut = false;
    }
    await log.writer?.close();
    log.writer = undefined;
    const isSealed = log.timesMs !== undefined && (await this.isSealed(log.timesMs));
    const { made, damage } = isSealed ? NOTHING_MADE : await files.run({ kind: 'seal', log: log.path });
    const untilMs = this.newestMs;
    const changed = new Set([...log.changed, ...this.unsaved]);
    await inventoryFile.save(inventory, untilMs, changed);
    this.unsaved = new Set([...this.unsaved].filter((object) => !changed.has(object) || isAhead(object, untilMs)));
    store.add(made);
    this.finish(log.path, damage);
  }

  /** Whether a segment was made of a log already, before the process was killed that did it. */
  private async isSealed(timesMs: readonly number[]): Promise<boolean> {
    const [first, last] = [timesMs[0], timesMs.at(-1)];
    const made = this.parts.store.ofTier('raw').find(({ fromMs, toMs }) => fromMs <= first && toMs >= last!);
    return made !== undefined && (await this.isWhole(made));
  }

  /** Reads all of a segment, and sets it aside if it is damaged. */
  private async isWhole(segment: Segment): Promise<boolean> {
    try {
      await this.parts.files.run({ kind: 'check', segment: nameOf(segment) });
      return true;
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      this.parts.store.setAside(segment, error);
      return false;
    }
  }

  /** Removes a log that is sealed; a damaged one is kept aside. */
  private finish(path: string, damage: LogDamage | undefined): void {
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
    const { store } = this.parts;
    const blocks = store.ofTier('raw').filter(({ level }) => level === 0);
    for (const group of this.complete(blocks, COMPACTED_MS)) {
      await this.merge(group);
    }
    for (const tier of ['10m', '1h'] as const) {
      const parts = store.ofTier(tier).filter(({ level }) => level === 1);
      for (const group of this.complete(parts, DAY_MS)) {
        await this.merge(group);
      }
    }
  }

  /** Merges segments. A damaged one among them is set aside, and the others are merged the next time. */
  private async merge(group: readonly Segment[]): Promise<void> {
    try {
      const { made } = await this.parts.files.run({ kind: 'merge', segments: group.map(nameOf) });
      this.parts.store.add(made);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) {
        throw error;
      }
      for (const segment of group) {
        await this.isWhole(segment);
      }
    }
  }

  /** Moves objects that are gone from memory to disk when they are many, and merges the files of a day. */
  private async moveGone(): Promise<void> {
    const { files, gone, inventory, inventoryFile } = this.parts;
    const wantedMs = goneUntilMs(inventory, this.newestMs, this.parts.goneLimits) ?? -Infinity;
    // Who was still there when the file was written went later by what it says.
    const toMs = Math.min(wantedMs, inventoryFile.savedUntilMs - 1);
    if (toMs > gone.untilMs) {
      const name = { level: 0, fromMs: Math.max(0, gone.untilMs), toMs };
      this.takeGone(await files.run({ kind: 'write gone', gone: name }));
      await forgetGone(inventory, toMs);
    }
    for (const group of gone.groupsToMerge()) {
      this.takeGone(await files.run({ kind: 'merge gone', files: group }));
    }
  }

  private takeGone({ gone }: FileTaskDone): void {
    if (gone) {
      this.parts.gone.add(gone.made, gone.damages);
    }
  }

  /** Segments by the span they end in, of those spans that are over. */
  private complete(segments: readonly Segment[], spanMs: number): Segment[][] {
    const groups = Map.groupBy(segments, ({ toMs }) => spanEnd(toMs, spanMs));
    return [...groups].filter(([endMs]) => endMs <= this.newestMs).map(([, group]) => group);
  }

  private expire(): void {
    const { directory, gone, store, inventory, retention, info } = this.parts;
    const aside = boundDamaged(directory, retention.maxBytes / DAMAGED_SHARE);
    if (aside.length > 0) {
      const tenth = `what is set aside may take a tenth of the size of the history`;
      info(
        `${aside.length} files that were set aside as damaged were removed from ${directory.damaged}: ${aside.join(', ')}. They were the oldest; ${tenth}.`
      );
    }
    const maxBytes = Math.max(0, retention.maxBytes - otherBytesOf(directory));
    const expired = store.expire(this.newestMs, { ...retention, maxBytes });
    if (expired.length > 0) {
      // A bucket has values from before its end.
      const oldest = (['raw', '10m', '1h'] as const).map(
        (tier) => (store.ofTier(tier)[0]?.fromMs ?? Infinity) - BUCKET_MS[tier]
      );
      const oldestMs = Math.min(...oldest, this.newestMs);
      inventory.forgetBefore(oldestMs);
      gone.expire(oldestMs);
    }
  }
}

/** What was set aside as damaged may take one part in so many of all. */
const DAMAGED_SHARE = 10;
const NOTHING_MADE: FileTaskDone = { made: [] };

function nameOf({ tier, level, fromMs, toMs }: Segment): SegmentName {
  return { tier, level, fromMs, toMs };
}

/** Logs in order of time. */
function logsIn({ wal }: DataDirectory): string[] {
  const names = readdirSync(wal).filter((name) => name.endsWith('.wal'));
  return names.sort((one, other) => parseInt(one, 10) - parseInt(other, 10)).map((name) => join(wal, name));
}
