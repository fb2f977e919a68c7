import { END, type JsonCursor } from './jsonCursor.ts';
import * as KEY from './summaryKeys.ts';
import type { Owner, SummaryTables } from './summaryTables.ts';

/** Reads file systems and volumes, each into a row of its own. */
export class FilesystemBlocks {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;

  constructor(cursor: JsonCursor, tables: SummaryTables) {
    this.cursor = cursor;
    this.tables = tables;
  }

  read(owner: Owner, row: number, label: string): void {
    const { cursor, tables } = this;
    const part = tables.addFilesystem(owner, row, label);
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      this.readField(part, key);
    }
  }

  readVolume(row: number): void {
    const { cursor, tables } = this;
    const part = tables.addFilesystem('pod', row, '');
    for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
      if (key === KEY.NAME) {
        tables.nameFilesystem(part, `Volume:${cursor.string()}`);
      } else if (key === KEY.PVC_REF) {
        for (let field = cursor.firstKey(); field !== END; field = cursor.nextKey()) {
          if (field === KEY.NAME) {
            tables.setClaim(part, cursor.string());
          } else {
            cursor.skip();
          }
        }
      } else {
        this.readField(part, key);
      }
    }
  }

  private readField(part: number, key: number): void {
    const field = filesystemField(key);
    if (field >= 0) {
      this.tables.setFilesystem(part, field, this.cursor.number());
    } else {
      this.cursor.skip();
    }
  }
}

/** The place of a field among the six of a file system. */
function filesystemField(key: number): number {
  switch (key) {
    case KEY.USED_BYTES:
      return 0;
    case KEY.CAPACITY_BYTES:
      return 1;
    case KEY.AVAILABLE_BYTES:
      return 2;
    case KEY.INODES:
      return 3;
    case KEY.INODES_FREE:
      return 4;
    case KEY.INODES_USED:
      return 5;
    default:
      return -1;
  }
}
