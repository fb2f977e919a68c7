import { closeSync, fstatSync, openSync } from 'node:fs';
import { DamagedBytesError } from './byteReader.ts';
import { readFully } from './readFully.ts';
import { GONE_MAGIC, GONE_TRAILER_BYTES, type Place } from './goneFormat.ts';
import { openPage } from './pageFrame.ts';
import { sharedBytes } from './sharedBytes.ts';

/** Is told of a page that is damaged, once; it is left out then. */
export type PageDamageListener = (error: DamagedBytesError, place: Place) => void;

let files = 0;

/** A complete file of gone objects, read page by page. */
export class PageFile {
  readonly path: string;
  readonly bytes: number;
  /** No other file of this process has it, even if it has the same path. */
  readonly number = files++;
  /** The page that the end of the file points to. */
  readonly root: Uint8Array;
  private readonly descriptor: number;
  private readonly onDamage: PageDamageListener | undefined;
  /** Where damaged pages are. */
  private readonly damaged = new Set<number>();
  private isClosed = false;

  /** Throws `DamagedBytesError` if the file does not begin or end as it should. Without a listener every damage throws. */
  constructor(path: string, onDamage?: PageDamageListener) {
    this.path = path;
    this.onDamage = onDamage;
    this.descriptor = openSync(path, 'r');
    try {
      this.bytes = fstatSync(this.descriptor).size;
      this.root = this.openRoot();
    } catch (error) {
      closeSync(this.descriptor);
      throw error;
    }
  }

  /** Whether a damaged page was met. */
  get isDamaged(): boolean {
    return this.damaged.size > 0;
  }

  close(): void {
    this.isClosed = true;
    closeSync(this.descriptor);
  }

  /** A page, checked. Throws `DamagedBytesError` if a bit of it is not as it was. */
  page(place: Place): Uint8Array {
    return openPage(this.read(place));
  }

  /** What is read of a page; undefined, and the listener is told, where that throws `DamagedBytesError`. */
  unlessDamaged<Result>({ offset, length }: Place, read: () => Result): Result | undefined {
    if (this.damaged.has(offset)) {
      return undefined;
    }
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedBytesError) || !this.onDamage) {
        throw error;
      }
      this.noteDamage(error, { offset, length });
      return undefined;
    }
  }

  /** Leaves out a page from now on and tells the listener, once. */
  noteDamage(error: DamagedBytesError, place: Place): void {
    if (!this.damaged.has(place.offset)) {
      this.damaged.add(place.offset);
      this.onDamage?.(error, place);
    }
  }

  private openRoot(): Uint8Array {
    if (!this.read({ offset: 0, length: GONE_MAGIC.length }).equals(GONE_MAGIC)) {
      throw new DamagedBytesError('The file does not begin as a file of gone objects does');
    }
    const trailer = this.read({ offset: this.bytes - GONE_TRAILER_BYTES, length: GONE_TRAILER_BYTES });
    if (!trailer.subarray(12).equals(GONE_MAGIC)) {
      throw new DamagedBytesError('The file does not end as a file of gone objects does');
    }
    return this.page({ offset: Number(trailer.readBigUInt64LE(0)), length: trailer.readUInt32LE(8) });
  }

  /** Some bytes of the file, until the next read of any file. */
  private read({ offset, length }: Place): Buffer {
    if (this.isClosed) {
      throw new Error(`${this.path} was closed while it was read`);
    }
    if (offset < 0 || offset + length > this.bytes) {
      throw new DamagedBytesError(`${length} bytes at ${offset} are beyond the end of the file`);
    }
    return readFully(this.descriptor, sharedBytes(length), offset);
  }
}
