import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Up to where a queue was sent. */
export interface Position {
  readonly number: number;
  readonly offset: number;
}

const START: Position = { number: 0, offset: 0 };

/** Remembers how far a queue was sent, so that a restart does not send it all again. It may be late, never early. */
export class SpillPosition {
  private readonly path: string;
  private wanted: Position | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.path = join(folder, 'position');
  }

  /** The beginning, if nothing is remembered or it cannot be read. */
  async read(): Promise<Position> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    const [number, offset, checksum] = text.trim().split(' ').map(Number);
    return crc32(`${number} ${offset}`) === checksum ? { number, offset } : START;
  }

  /** Is written soon; of several, the last one. */
  note(position: Position): void {
    const isWriting = this.wanted !== undefined;
    this.wanted = position;
    if (!isWriting) {
      this.writing = this.write();
    }
  }

  /** Resolves when what was noted is written. */
  settled(): Promise<void> {
    return this.writing;
  }

  private async write(): Promise<void> {
    for (let written: Position | undefined; written !== this.wanted;) {
      written = this.wanted;
      const text = `${written?.number} ${written?.offset}`;
      try {
        await writeFile(`${this.path}.part`, `${text} ${crc32(text)}\n`);
        await rename(`${this.path}.part`, this.path);
      } catch {
        break; // Without it a restart sends some samples twice, which receivers take.
      }
    }
    this.wanted = undefined;
  }
}
