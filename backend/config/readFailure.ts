import { sentenceOf } from '../errors.ts';
import type { ReadTextFile } from './otherPlaces.ts';

/** Why a file cannot be read: `absent`, or the system's sentence; undefined if it can. */
export function readFailure(path: string, readTextFile: ReadTextFile): string | undefined {
  try {
    readTextFile(path);
    return undefined;
  } catch (error) {
    return isAbsent(error) ? 'absent' : sentenceOf(error);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
