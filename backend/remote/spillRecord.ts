import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** First bytes of every file; the last two digits are the version of the format. */
export const SPILL_MAGIC = Buffer.from('HEAPRQ01', 'latin1');
/** payload length (u32), payload checksum (u32), time (f64), samples (u32), checksum of these (u32) */
export const HEADER_BYTES = 24;
const MAX_PAYLOAD_BYTES = 1 << 28;

/** What stands before a payload. */
export interface SpillHeader {
  readonly length: number;
  readonly checksum: number;
  readonly timestampMs: number;
  readonly sampleCount: number;
}

/** The bytes before a payload. */
export function headerOf({ length, checksum, timestampMs, sampleCount }: SpillHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(length, 0);
  header.writeUInt32LE(checksum, 4);
  header.writeDoubleLE(timestampMs, 8);
  header.writeUInt32LE(sampleCount, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  return header;
}

/** The header at an offset of a file of some size; undefined if it, or what it announces, is not there as it was written. */
export async function readHeader(handle: FileHandle, offset: number, size: number): Promise<SpillHeader | undefined> {
  if (offset + HEADER_BYTES > size) {
    return undefined;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  await handle.read(header, 0, HEADER_BYTES, offset);
  const length = header.readUInt32LE(0);
  const isWhole =
    header.readUInt32LE(20) === crc32(header.subarray(0, 20)) &&
    length <= MAX_PAYLOAD_BYTES &&
    offset + HEADER_BYTES + length <= size;
  return isWhole
    ? {
        length,
        checksum: header.readUInt32LE(4),
        timestampMs: header.readDoubleLE(8),
        sampleCount: header.readUInt32LE(16),
      }
    : undefined;
}

/** Writes everything, however often it takes. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}
