import { sentenceOf } from '../errors.ts';
import { packParcel, unpackParcel } from './parcelCodec.ts';
import type { Parcel } from './sampleGrid.ts';
import { SpillFolder, type SpilledRecord } from './spillFolder.ts';

/** A parcel that waits, in memory or on disk. */
export interface QueuedParcel {
  readonly timestampMs: number;
  readonly sampleCount: number;
}

interface Entry extends QueuedParcel {
  parcel?: Parcel;
  record?: SpilledRecord;
  isDone: boolean;
  /** Done, and everything older too. */
  isGone?: boolean;
}

export interface SampleQueueOptions {
  /** Where parcels go that memory should not keep; undefined: nowhere. */
  readonly folder?: string;
  readonly maxMemoryBytes: number;
  readonly maxDiskBytes: number;
  /** Told with a sentence's reason when samples are lost. */
  readonly onLoss: (sampleCount: number, reason: 'queue_full' | 'damaged') => void;
  /** Told when the disk begins to fail, and with undefined when it works again. */
  readonly onDiskProblem: (sentence: string | undefined) => void;
}

const FILES_PER_QUEUE = 64;
const LARGEST_FILE = 8 * 2 ** 20;
const PARCELS_AT_ONCE = 8;

/** Parcels on their way to one receiver, oldest first. Bounded in memory and on disk: beyond that the oldest are lost. */
export class SampleQueue {
  private readonly options: SampleQueueOptions;
  private readonly folder: SpillFolder | undefined;
  private entries: Entry[] = [];
  private inMemoryBytes = 0;
  private opened: Promise<void>;
  private spilling: Promise<void> | undefined;
  private samples = 0;
  private onDisk = 0;

  constructor(options: SampleQueueOptions) {
    this.options = options;
    const fileBytes = Math.max(1024, Math.min(LARGEST_FILE, options.maxDiskBytes / FILES_PER_QUEUE));
    this.folder = options.folder === undefined ? undefined : new SpillFolder(options.folder, { fileBytes });
    this.opened = this.openFolder();
  }

  /** Resolves when what an earlier process left is in the queue. */
  whenOpen(): Promise<void> {
    return this.opened;
  }

  get pendingSamples(): number {
    return this.samples;
  }

  get memoryBytes(): number {
    return this.inMemoryBytes;
  }

  get diskBytes(): number {
    return this.folder?.bytes ?? 0;
  }

  /** Whether some of it is on disk. Then what comes behind belongs there too, so that a crash loses nothing. */
  get hasSpilled(): boolean {
    return this.onDisk > 0;
  }

  push(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      const { timestampMs, sampleCount } = parcel;
      this.entries.push({ timestampMs, sampleCount, parcel, isDone: false });
      this.inMemoryBytes += parcel.bytes;
      this.samples += sampleCount;
    }
    if (this.inMemoryBytes > this.options.maxMemoryBytes) {
      void this.spill();
      this.loseOldest(() => this.inMemoryBytes > this.options.maxMemoryBytes * (this.folder ? 2 : 1), isInMemory);
    }
  }

  /** The oldest parcels, all of one round: their order does not matter, that of rounds does. */
  head(most: number): QueuedParcel[] {
    const head: Entry[] = [];
    for (const entry of this.entries) {
      if (head.length === most || (head.length > 0 && entry.timestampMs !== head[0].timestampMs)) {
        break;
      }
      if (!entry.isDone) {
        head.push(entry);
      }
    }
    return head;
  }

  /** The samples of a parcel; undefined if the disk has lost them, which is told and counted. */
  async load(queued: QueuedParcel): Promise<Parcel | undefined> {
    const entry = queued as Entry;
    if (entry.parcel || !entry.record || !this.folder) {
      return entry.parcel;
    }
    try {
      return await unpackParcel(await this.folder.read(entry.record));
    } catch (error) {
      if (entry.isDone) {
        return undefined; // lost to the bound of the disk in the meantime
      }
      this.options.onDiskProblem(`Samples that waited on disk cannot be read and are lost: ${sentenceOf(error)}.`);
      this.options.onLoss(entry.sampleCount, 'damaged');
      return undefined;
    }
  }

  /** Lets go of a parcel. */
  async done(queued: QueuedParcel): Promise<void> {
    const entry = queued as Entry;
    if (entry.isDone) {
      return;
    }
    entry.isDone = true;
    this.samples -= entry.sampleCount;
    if (entry.parcel) {
      this.inMemoryBytes -= entry.parcel.bytes;
      entry.parcel = undefined;
    }
    let gone = 0;
    while (gone < this.entries.length && this.entries[gone].isDone) {
      gone++;
    }
    // Released in order, so that what the folder remembers of its position never passes something that still waits.
    for (const old of this.entries.splice(0, gone)) {
      old.isGone = true;
      await this.release(old);
    }
  }

  /** Moves everything from memory to the disk, if there is one. */
  async spill(): Promise<void> {
    if (!this.folder) {
      return;
    }
    this.spilling ??= this.spillAll(this.folder).finally(() => (this.spilling = undefined));
    await this.spilling;
  }

  async close(): Promise<void> {
    await this.opened;
    await this.spill();
    await this.folder?.close();
  }

  private async openFolder(): Promise<void> {
    try {
      const { records, problems } = (await this.folder?.open()) ?? { records: [], problems: [] };
      this.entries.unshift(...records.map((record) => ({ ...takeCounts(record), record, isDone: false })));
      this.onDisk += records.length;
      this.samples += records.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
      problems.forEach((problem) => this.options.onDiskProblem(problem));
      await this.boundDisk();
    } catch (error) {
      this.options.onDiskProblem(diskSentence(error));
    }
  }

  private async spillAll(folder: SpillFolder): Promise<void> {
    await this.opened;
    for (;;) {
      const some = this.entries.filter((entry) => isInMemory(entry)).slice(0, PARCELS_AT_ONCE);
      if (some.length === 0) {
        return;
      }
      try {
        await this.spillSome(folder, some);
      } catch (error) {
        this.options.onDiskProblem(diskSentence(error));
        this.loseOldest(() => this.inMemoryBytes > this.options.maxMemoryBytes, isInMemory);
        return;
      }
    }
  }

  private async spillSome(folder: SpillFolder, some: readonly Entry[]): Promise<void> {
    const parts = await Promise.all(
      some.map(async ({ timestampMs, sampleCount, parcel }) => ({
        timestampMs,
        sampleCount,
        payload: parcel ? await packParcel(parcel) : Buffer.alloc(0),
      }))
    );
    const records = await folder.append(parts);
    this.options.onDiskProblem(undefined);
    for (const [index, entry] of some.entries()) {
      entry.record = records[index];
      this.onDisk++;
      if (entry.isGone) {
        await this.release(entry);
      } else if (entry.parcel) {
        this.inMemoryBytes -= entry.parcel.bytes;
        entry.parcel = undefined;
      }
    }
    await this.boundDisk();
  }

  private async release(entry: Entry): Promise<void> {
    const { record } = entry;
    if (record && this.folder) {
      entry.record = undefined;
      this.onDisk--;
      try {
        await this.folder.release(record);
      } catch (error) {
        this.options.onDiskProblem(diskSentence(error));
      }
    }
  }

  private async boundDisk(): Promise<void> {
    while (this.diskBytes > this.options.maxDiskBytes) {
      const oldest = this.entries.find(({ isDone, record }) => !isDone && record);
      if (!oldest) {
        return;
      }
      this.options.onLoss(oldest.sampleCount, 'queue_full');
      await this.done(oldest);
    }
  }

  private loseOldest(isTooMuch: () => boolean, isMeant: (entry: Entry) => boolean): void {
    while (isTooMuch()) {
      const oldest = this.entries.find(isMeant);
      if (!oldest) {
        return;
      }
      this.options.onLoss(oldest.sampleCount, 'queue_full');
      void this.done(oldest);
    }
  }
}

function isInMemory(entry: Entry): boolean {
  return !entry.isDone && entry.parcel !== undefined;
}

function takeCounts({ timestampMs, sampleCount }: SpilledRecord): QueuedParcel {
  return { timestampMs, sampleCount };
}

function diskSentence(error: unknown): string {
  return `The queue cannot be kept on disk: ${sentenceOf(error)}. Samples wait in memory; make room or give a folder that this user may write to.`;
}
