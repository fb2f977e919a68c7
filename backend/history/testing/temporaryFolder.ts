import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** A new folder of its own; {@link removeTemporaryFolders} takes them all away again. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'heapscope-history-'));
  folders.push(path);
  return path;
}

export function removeTemporaryFolders(): void {
  folders.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true }));
}
