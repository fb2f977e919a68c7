import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where a program is that tests need, on the path or among those that Go installed. Throws with how to install it. */
export function programOf(name: string, install: string): string {
  const found = findProgram(name);
  if (found === undefined) {
    throw new Error(`These tests need ${name}. Install it: ${install}.`);
  }
  return found;
}

/** The same for one that something else can take the place of. */
export function findProgram(name: string): string | undefined {
  const goFolders = [
    process.env.GOBIN,
    process.env.GOPATH && join(process.env.GOPATH, 'bin'),
    join(homedir(), 'go/bin'),
  ];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...goFolders];
  return folders.flatMap((folder) => (folder ? [join(folder, name)] : [])).find(existsSync);
}
