import { writeSync } from 'node:fs';

/** Writes all bytes at the end of a file. A disk that is nearly full takes only some at first, and refuses when asked again. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) {
    from += writeSync(descriptor, bytes, from);
  }
}
