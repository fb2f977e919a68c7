import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { DamagedBytesError } from './byteReader.ts';

/** checksum (u32), length after decompression (u32), 0 if it is not compressed */
const HEADER_BYTES = 8;
/** Below this, compressing costs more than it saves. */
const LEAST_COMPRESSED_BYTES = 256;
/** No page is larger; a damaged length must not make us reserve memory without bound. */
const MAX_PAGE_BYTES = 1 << 28;

/** The compression refuses to work in smaller pieces. */
const LEAST_CHUNK_BYTES = 64;

const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Compresses bytes, if that pays, and puts a checksum in front. */
export function framePage(bytes: Uint8Array): Buffer {
  const compressed =
    bytes.length >= LEAST_COMPRESSED_BYTES
      ? zstdCompressSync(bytes, { ...FAST, pledgedSrcSize: bytes.length })
      : undefined;
  const isSmaller = compressed !== undefined && compressed.length < bytes.length;
  const body = isSmaller ? compressed : bytes;
  const framed = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  framed.writeUInt32LE(isSmaller ? bytes.length : 0, 4);
  framed.set(body, HEADER_BYTES);
  framed.writeUInt32LE(crc32(framed.subarray(4)), 0);
  return framed;
}

/** Gives back, in memory of its own, what {@link framePage} was given. Throws `DamagedBytesError` if a single bit is not as it was. */
export function openPage(framed: Buffer): Uint8Array {
  if (framed.length < HEADER_BYTES || crc32(framed.subarray(4)) !== framed.readUInt32LE(0)) {
    throw new DamagedBytesError('The checksum does not fit the bytes');
  }
  const length = framed.readUInt32LE(4);
  const body = framed.subarray(HEADER_BYTES);
  if (length === 0) {
    // The memory it came in is not ours.
    return new Uint8Array(body);
  }
  if (length > MAX_PAGE_BYTES) {
    throw new DamagedBytesError(`A page of ${length} bytes`);
  }
  const bytes = zstdDecompressSync(body, { maxOutputLength: length, chunkSize: Math.max(length, LEAST_CHUNK_BYTES) });
  if (bytes.length !== length) {
    throw new DamagedBytesError(`${bytes.length} bytes where ${length} were announced`);
  }
  return bytes;
}
