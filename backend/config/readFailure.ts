import { sentenceOf } from '../errors.ts';
import type { Settings } from './gather.ts';
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

type FileSetting =
  | 'tls-cert'
  | 'tls-key'
  | 'tls-cert-file'
  | 'tls-private-key-file'
  | 'kubelet-certificate-authority'
  | 'kubelet-client-certificate'
  | 'kubelet-client-key';

/** Adds a sentence if the file that a setting names cannot be read. */
export function requireFile(settings: Settings, name: FileSetting, readTextFile: ReadTextFile): void {
  const path = settings.values[name];
  const failure = path === undefined ? undefined : readFailure(path, readTextFile);
  if (failure !== undefined) {
    settings.problems.push(
      `${settings.shown(name)}: the file ${failure === 'absent' ? 'does not exist' : `cannot be read: ${failure}`}.`
    );
  }
}
