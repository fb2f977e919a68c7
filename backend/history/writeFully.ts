import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

/** Writes all bytes at the end of a file. A disk that is nearly full takes only some at first, and refuses when asked again. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) {
    from += writeSync(descriptor, bytes, from);
  }
}

/** Makes a file that begins with these bytes, and opens it. Leaves neither of both behind where that fails. */
export function beginFile(path: string, flags: 'w' | 'wx', bytes: Uint8Array): number {
  const descriptor = openSync(path, flags);
  try {
    writeFully(descriptor, bytes);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    rmSync(path, { force: true });
    throw error;
  }
}
