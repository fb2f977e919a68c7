import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, sentenceOf } from '../errors.ts';
import { DamagedBytesError } from './byteReader.ts';
import { readDataDirectory, type DataDirectory } from './dataDirectory.ts';
import { GoneStore } from './goneStore.ts';
import { Inventory } from './inventory.ts';
import { InventoryFile } from './inventoryFile.ts';
import { KnownObjects } from './knownObjects.ts';
import { rebuildInventory } from './rebuildInventory.ts';
import { sealLog } from './sealing.ts';
import { SegmentReader } from './segmentReader.ts';
import { segmentPath, SegmentStore } from './segmentStore.ts';
import { WalReader } from './walReader.ts';

/** A log as a snapshot found it. */
export interface SnapshotLog {
  readonly path: string;
  readonly bytes: number;
  readonly timesMs: readonly number[];
}

/** How often the files are looked at again when a backend changes them meanwhile. */
const MOST_TRIES = 20;

/**
 * A history as it is at one moment, read beside a backend that goes on writing it: no file of it is changed. Rounds that
 * are in a log still are sealed into a folder for temporary files.
 */
export class HistorySnapshot {
  readonly directory: DataDirectory;
  readonly store: SegmentStore;
  readonly known: KnownObjects;
  /** Logs that are not sealed yet. */
  readonly logs: SnapshotLog[] = [];
  /** What is damaged, a sentence each. */
  readonly damages: string[] = [];
  private readonly temporary = mkdtempSync(join(tmpdir(), 'heapscope-snapshot-'));
  private readonly onRead: (bytes: number) => void;

  /**
   * Throws `history_format` if there is no history that this program reads. `onProgress` is told how far it is, from 0 to
   * 1: the logs take longest, which are read and then sealed.
   */
  static open(path: string, onProgress: (share: number) => void = () => undefined): HistorySnapshot {
    const directory = readDataDirectory(path);
    for (let left = MOST_TRIES; ; left--) {
      const before = namesIn(directory);
      const snapshot = tryToOpen(directory, left === 0, onProgress);
      // What was merged while it was opened would be missing or be there twice.
      if (snapshot && (left === 0 || before === namesIn(directory))) {
        return snapshot;
      }
      snapshot?.close();
    }
  }

  constructor(directory: DataDirectory, onProgress: (share: number) => void) {
    this.directory = directory;
    const inventoryBytes = bytesOf(namesOf(directory.inventory, '.inv').map((name) => join(directory.inventory, name)));
    const logBytes = bytesOf(namesOf(directory.wal, '.wal').map((name) => join(directory.wal, name)));
    let readBytes = 0;
    this.onRead = (bytes) => {
      readBytes += bytes;
      onProgress(Math.min(1, readBytes / (2 * logBytes + inventoryBytes)));
    };
    const noteDamage = (sentence: string) => this.damages.push(sentence);
    const logs = this.openLogs();
    try {
      this.store = new SegmentStore(directory, noteDamage, { isReadOnly: true });
      this.known = new KnownObjects(new Inventory(), new GoneStore(directory, noteDamage, { isReadOnly: true }));
      this.loadInventory(logs);
      this.onRead(inventoryBytes);
      this.adoptLogs(logs);
    } catch (error) {
      rmSync(this.temporary, { recursive: true, force: true });
      throw error;
    } finally {
      logs.forEach(({ reader }) => reader.close());
    }
  }

  close(): void {
    this.store.close();
    this.known.gone.close();
    rmSync(this.temporary, { recursive: true, force: true });
  }

  private openLogs(): OpenLog[] {
    const { wal } = this.directory;
    return namesOf(wal, '.wal').flatMap((name) => {
      const path = join(wal, name);
      try {
        const reader = new WalReader(path);
        const { damage } = reader;
        this.onRead(bytesOf([path]));
        if (damage && !damage.isTorn) {
          this.damages.push(`The log ${path} is damaged at byte ${damage.offset}: ${damage.reason}.`);
        }
        return [{ path, reader }];
      } catch (error) {
        if (error instanceof DamagedBytesError) {
          this.damages.push(`The log ${path} is damaged: ${error.message}.`);
        } else if (codeOf(error) !== 'ENOENT') {
          throw error;
        }
        return [];
      }
    });
  }

  private loadInventory(logs: readonly OpenLog[]): void {
    const { inventory, gone } = this.known;
    const { lostBytes, isDamaged, isMissing } = new InventoryFile(this.directory).load(inventory, { isReadOnly: true });
    inventory.forgetBefore(gone.untilMs + 1);
    for (const { reader } of logs) {
      inventory.takeLogged(reader.objects);
      reader.sightings((number, timestampMs) => inventory.seen(number, timestampMs));
    }
    inventory.forgetBefore(gone.untilMs + 1);
    if (isDamaged) {
      this.damages.push(`The list of objects in ${this.directory.inventory} is damaged: ${lostBytes} bytes.`);
    } else if (isMissing && this.store.count > 0) {
      this.damages.push(`The list of objects in ${this.directory.inventory} is missing.`);
    }
    if (lostBytes > 0 || isMissing) {
      rebuildInventory(this.store, this.known);
    }
  }

  /** Makes segments of the logs that are not sealed yet. */
  private adoptLogs(logs: readonly OpenLog[]): void {
    const sealed = this.store.ofTier('raw');
    const target = { ...this.directory, segments: this.temporary };
    for (const { path, reader } of logs) {
      const { timesMs } = reader;
      const [fromMs, toMs] = [timesMs[0], timesMs.at(-1)];
      if (toMs === undefined || sealed.some((segment) => segment.fromMs <= fromMs && segment.toMs >= toMs)) {
        continue;
      }
      try {
        const shareBytes = bytesOf([path]) / reader.shards().length;
        const name = sealLog(target, reader, () => this.onRead(shareBytes))!;
        this.store.adopt({ ...name, reader: SegmentReader.open(segmentPath(target, name)) });
        this.logs.push({ path, bytes: bytesOf([path]), timesMs });
      } catch (error) {
        this.damages.push(`The log ${path} cannot be read: ${sentenceOf(error)}.`);
      }
    }
  }
}

interface OpenLog {
  readonly path: string;
  readonly reader: WalReader;
}

function tryToOpen(
  directory: DataDirectory,
  isLast: boolean,
  onProgress: (share: number) => void
): HistorySnapshot | undefined {
  try {
    return new HistorySnapshot(directory, onProgress);
  } catch (error) {
    // A file went away between being listed and being opened.
    if (codeOf(error) === 'ENOENT' && !isLast) {
      return undefined;
    }
    throw error;
  }
}

/** Bytes of those files that are there. */
function bytesOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function namesIn({ inventory, segments, wal }: DataDirectory): string {
  return [...namesOf(wal, '.wal'), ...namesOf(segments, '.seg'), ...namesOf(inventory, '.inv')].join();
}

function namesOf(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.sort((one, other) => parseInt(one, 10) - parseInt(other, 10));
}
