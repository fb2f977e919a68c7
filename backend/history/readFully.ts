import { readSync } from 'node:fs';
import { DamagedBytesError } from './byteReader.ts';

/** Fills bytes with those at an offset of a file. Throws `DamagedBytesError` where the file ends before. */
export function readFully<Bytes extends Uint8Array>(descriptor: number, bytes: Bytes, offset: number): Bytes {
  for (let read = 0; read < bytes.length;) {
    const count = readSync(descriptor, bytes, read, bytes.length - read, offset + read);
    if (count === 0) {
      throw new DamagedBytesError('The file has become shorter');
    }
    read += count;
  }
  return bytes;
}
