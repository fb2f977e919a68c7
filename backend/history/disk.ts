import { statfsSync } from 'node:fs';
import { codeOf } from '../errors.ts';

/** Free bytes of the disk a folder is on. */
export function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** What to do about a disk, or a folder, that refuses. */
export function adviceFor(error: unknown): string {
  const code = codeOf(error);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return 'Give this user the right to write there.';
  }
  if (code === 'history_locked') {
    return 'Stop one of the two, or give it another folder.';
  }
  return code === 'EIO' ? 'Look at the disk.' : 'Free space on its disk, or lower --history-size.';
}
