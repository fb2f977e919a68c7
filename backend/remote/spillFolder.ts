import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SpillPosition, type Position } from './spillPosition.ts';
import { headerOf, HEADER_BYTES, readHeader, SPILL_MAGIC, writeAll } from './spillRecord.ts';

const FILE_NAME = /^(\d{8})\.queue$/;

/** Something written to the folder, until it is released. */
export interface SpilledRecord {
  readonly timestampMs: number;
  readonly sampleCount: number;
  readonly file: SpillFile;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

interface SpillFile {
  readonly number: number;
  bytes: number;
  /** Records not released yet. */
  live: number;
}

/** What a record is made of. */
export interface SpillPart {
  readonly timestampMs: number;
  readonly sampleCount: number;
  readonly payload: Uint8Array;
}

export interface SpillOptions {
  /** A file is ended when it is longer. */
  readonly fileBytes: number;
}

/**
 * What waits, in files that are written from begin to end and deleted when nothing in them is needed any more. Every
 * record has checksums; what is torn or damaged is left out with a sentence.
 */
export class SpillFolder {
  /** Bytes of all files. */
  bytes = 0;
  private readonly path: string;
  private readonly options: SpillOptions;
  private readonly files = new Map<number, SpillFile>();
  private readonly readers = new Map<number, FileHandle>();
  private current: { file: SpillFile; handle: FileHandle } | undefined;
  private nextNumber = 1;
  private readonly position: SpillPosition;

  constructor(path: string, options: SpillOptions) {
    this.path = path;
    this.options = options;
    this.position = new SpillPosition(path);
  }

  /** Finds what an earlier process left, oldest first, and sentences about what could not be read. */
  async open(): Promise<{ records: SpilledRecord[]; problems: string[] }> {
    await mkdir(this.path, { recursive: true });
    const records: SpilledRecord[] = [];
    const problems: string[] = [];
    const done = await this.position.read();
    // Numbers are never used again: the position may be of a file that is gone.
    this.nextNumber = done.number + 1;
    for (const name of (await readdir(this.path)).filter((entry) => FILE_NAME.test(entry)).sort()) {
      const number = Number(name.slice(0, 8));
      this.nextNumber = Math.max(this.nextNumber, number + 1);
      await this.openFile(number, done, records, problems);
    }
    return { records, problems };
  }

  /** Adds records at the end; resolves when the disk has them. */
  async append(parts: readonly SpillPart[]): Promise<SpilledRecord[]> {
    const { file, handle } = this.current ?? (await this.beginFile());
    const records: SpilledRecord[] = [];
    const chunks: Uint8Array[] = [];
    let offset = file.bytes;
    for (const { timestampMs, sampleCount, payload } of parts) {
      const checksum = crc32(payload);
      chunks.push(headerOf({ length: payload.length, checksum, timestampMs, sampleCount }), payload);
      records.push({ timestampMs, sampleCount, file, offset: offset + HEADER_BYTES, length: payload.length, checksum });
      offset += HEADER_BYTES + payload.length;
    }
    try {
      await writeAll(handle, Buffer.concat(chunks), file.bytes);
      await handle.datasync();
    } catch (error) {
      // What was begun here is overwritten by the next attempt.
      await handle.truncate(file.bytes).catch(() => undefined);
      throw error;
    }
    this.bytes += offset - file.bytes;
    file.bytes = offset;
    file.live += records.length;
    if (file.bytes >= this.options.fileBytes) {
      this.current = undefined;
      await handle.close();
    }
    return records;
  }

  /** The payload of a record. Throws if the disk does not have it as it was written. */
  async read(record: SpilledRecord): Promise<Buffer> {
    const payload = Buffer.alloc(record.length);
    const handle = await this.readerOf(record.file);
    const { bytesRead } = await handle.read(payload, 0, record.length, record.offset);
    if (bytesRead < record.length || crc32(payload) !== record.checksum) {
      throw new Error(`The checksum of a record in ${this.fileName(record.file.number)} is wrong`);
    }
    return payload;
  }

  /** Says that a record is not needed any more; records are released in order. */
  async release(record: SpilledRecord): Promise<void> {
    const { file } = record;
    file.live--;
    if (file.live === 0) {
      await this.remove(file);
    } else {
      this.position.note({ number: file.number, offset: record.offset + record.length });
    }
  }

  async close(): Promise<void> {
    await this.position.settled();
    await this.current?.handle.close();
    this.current = undefined;
    for (const handle of this.readers.values()) {
      await handle.close();
    }
    this.readers.clear();
  }

  private fileName(number: number): string {
    return join(this.path, `${String(number).padStart(8, '0')}.queue`);
  }

  private async beginFile(): Promise<{ file: SpillFile; handle: FileHandle }> {
    const number = this.nextNumber++;
    const handle = await open(this.fileName(number), 'wx', 0o600);
    await writeAll(handle, SPILL_MAGIC, 0);
    const file = { number, bytes: SPILL_MAGIC.length, live: 0 };
    this.files.set(number, file);
    this.bytes += file.bytes;
    return (this.current = { file, handle });
  }

  private async remove(file: SpillFile): Promise<void> {
    if (!this.files.delete(file.number)) {
      return;
    }
    if (this.current?.file === file) {
      const { handle } = this.current;
      this.current = undefined;
      await handle.close();
    }
    await this.readers.get(file.number)?.close();
    this.readers.delete(file.number);
    await rm(this.fileName(file.number), { force: true });
    this.bytes -= file.bytes;
  }

  private async readerOf({ number }: SpillFile): Promise<FileHandle> {
    const known = this.readers.get(number);
    if (known) {
      return known;
    }
    const handle = await open(this.fileName(number), 'r');
    const other = this.readers.get(number);
    if (other) {
      await handle.close();
      return other;
    }
    this.readers.set(number, handle);
    return handle;
  }

  private async openFile(number: number, done: Position, records: SpilledRecord[], problems: string[]): Promise<void> {
    const path = this.fileName(number);
    const handle = await open(path, 'r');
    const { size } = await handle.stat();
    const magic = Buffer.alloc(SPILL_MAGIC.length);
    await handle.read(magic, 0, magic.length, 0);
    if (size >= SPILL_MAGIC.length && !magic.equals(SPILL_MAGIC)) {
      await handle.close();
      await rename(path, `${path}.unreadable`);
      problems.push(`${path} is not a queue that this version can read; it was set aside as ${path}.unreadable.`);
      return;
    }
    const file = { number, bytes: size, live: 0 };
    let offset = SPILL_MAGIC.length;
    for (;;) {
      const header = await readHeader(handle, offset, size);
      if (!header) {
        break;
      }
      offset += HEADER_BYTES;
      const { timestampMs, sampleCount, length, checksum } = header;
      if (number > done.number || (number === done.number && offset >= done.offset)) {
        records.push({ timestampMs, sampleCount, file, offset, length, checksum });
        file.live++;
      }
      offset += length;
    }
    await handle.close();
    if (offset < size) {
      problems.push(`The last ${size - offset} bytes of ${path} are torn or damaged; the samples in them are lost.`);
    }
    this.files.set(number, file);
    this.bytes += size;
    if (file.live === 0) {
      await this.remove(file);
    }
  }
}
