import { closeSync, fsyncSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TableName } from '../model/batch.ts';
import { ByteWriter } from './byteWriter.ts';
import {
  compareObjects,
  ENOUGH_OBJECTS_PER_PAGE,
  GONE_MAGIC,
  GONE_TRAILER_BYTES,
  LIFETIMES,
  lifetimeOf,
  MOST_OBJECTS_PER_PAGE,
  PAGES_PER_NODE,
  writeNamesPlaces,
  writeObjectsPlaces,
  writeRoot,
  type NamesPlace,
  type ObjectsPlace,
  type Place,
} from './goneFormat.ts';
import { packObjects } from './gonePage.ts';
import type { HistoryObject } from './inventory.ts';
import { framePage } from './pageFrame.ts';
import { PodNames } from './podNames.ts';
import { syncFolder } from './segmentWriter.ts';
import { beginFile, writeFully } from './writeFully.ts';

/** Objects of one table and lifetime that are not written yet, and the places of pages that no node tells of yet. */
interface Pending {
  objects: HistoryObject[];
  places: ObjectsPlace[];
}

/**
 * Writes a file of gone objects, which come in order of table, shard and number. It has another name until it is complete
 * and on the disk. Only a few pages of it are in memory, and the names of its pods, compressed.
 */
export class GoneWriter {
  private readonly path: string;
  private readonly descriptor: number;
  private readonly out = new ByteWriter();
  private readonly pending = Array.from({ length: LIFETIMES }, (): Pending => ({ objects: [], places: [] }));
  private readonly nodes: ObjectsPlace[] = [];
  private readonly podNames = new PodNames();
  private last: HistoryObject | undefined;
  private isOpen = true;
  private offset = 0;
  private count = 0;

  constructor(path: string) {
    this.path = path;
    this.descriptor = beginFile(`${path}.part`, 'w', GONE_MAGIC);
    this.offset = GONE_MAGIC.length;
  }

  /** Takes the next object. */
  add(object: HistoryObject): void {
    const { table, shard } = object;
    if (this.last && compareObjects(this.last, object) >= 0) {
      throw new Error(`Object ${object.number} of ${table} came out of order into ${this.path}`);
    }
    if (this.last && this.last.table !== table) {
      this.closeTable(this.last.table);
    }
    this.last = object;
    const lifetime = lifetimeOf(object);
    const { objects } = this.pending[lifetime];
    const isShardOver = objects.length >= ENOUGH_OBJECTS_PER_PAGE && objects.at(-1)!.shard !== shard;
    if (isShardOver || objects.length === MOST_OBJECTS_PER_PAGE) {
      this.closePage(table, lifetime);
    }
    this.pending[lifetime].objects.push(object);
    if (table === 'pod' && object.names.pod !== undefined) {
      this.podNames.add(object.names.pod, shard);
    }
    this.count++;
  }

  /** Ends the file and gives it its name. Answers with its length in bytes. */
  finish(): number {
    if (this.last) {
      this.closeTable(this.last.table);
    }
    const names = this.writeNames();
    const root = this.writePage((out) => writeRoot(out, { count: this.count, objects: this.nodes, names }));
    const trailer = Buffer.alloc(GONE_TRAILER_BYTES);
    trailer.writeBigUInt64LE(BigInt(root.offset), 0);
    trailer.writeUInt32LE(root.length, 8);
    trailer.set(GONE_MAGIC, 12);
    this.write(trailer);
    fsyncSync(this.descriptor);
    this.close();
    renameSync(`${this.path}.part`, this.path);
    syncFolder(dirname(this.path));
    return this.offset;
  }

  /** Gives up and removes what was written. */
  abandon(): void {
    this.close();
    rmSync(`${this.path}.part`, { force: true });
  }

  private close(): void {
    if (this.isOpen) {
      this.isOpen = false;
      closeSync(this.descriptor);
    }
  }

  private closeTable(table: TableName): void {
    this.pending.forEach((_, lifetime) => {
      this.closePage(table, lifetime);
      this.closeNode(lifetime);
    });
  }

  private closePage(table: TableName, lifetime: number): void {
    const pending = this.pending[lifetime];
    const { objects, places } = pending;
    if (objects.length === 0) {
      return;
    }
    pending.objects = [];
    places.push({
      table,
      lifetime,
      firstShard: objects[0].shard,
      lastShard: objects.at(-1)!.shard,
      fromMs: objects.reduce((least, { firstSeenMs }) => Math.min(least, firstSeenMs), Infinity),
      toMs: objects.reduce((most, { lastSeenMs }) => Math.max(most, lastSeenMs), -Infinity),
      ...this.writeFramed(framePage(packObjects(objects))),
      count: objects.length,
    });
    if (places.length === PAGES_PER_NODE) {
      this.closeNode(lifetime);
    }
  }

  /** Writes where pages are, and remembers where that is. */
  private closeNode(lifetime: number): void {
    const pending = this.pending[lifetime];
    const { places } = pending;
    if (places.length === 0) {
      return;
    }
    pending.places = [];
    this.nodes.push({
      table: places[0].table,
      lifetime,
      firstShard: places[0].firstShard,
      lastShard: places.at(-1)!.lastShard,
      fromMs: Math.min(...places.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...places.map(({ toMs }) => toMs)),
      ...this.writePage((out) => writeObjectsPlaces(out, places)),
      count: places.reduce((sum, { count }) => sum + count, 0),
    });
  }

  private writeNames(): NamesPlace[] {
    const nodes: NamesPlace[] = [];
    let places: NamesPlace[] = [];
    const closeNode = () => {
      if (places.length > 0) {
        nodes.push({
          firstName: places[0].firstName,
          ...this.writePage((out) => writeNamesPlaces(out, places)),
        });
        places = [];
      }
    };
    for (const { firstName, framed } of this.podNames.pages()) {
      places.push({ firstName, ...this.writeFramed(framed) });
      if (places.length === PAGES_PER_NODE) {
        closeNode();
      }
    }
    closeNode();
    return nodes;
  }

  private writePage(fill: (out: ByteWriter) => void): Place {
    this.out.reset();
    fill(this.out);
    return this.writeFramed(framePage(this.out.written()));
  }

  private writeFramed(framed: Buffer): Place {
    const { offset } = this;
    this.write(framed);
    return { offset, length: framed.length };
  }

  private write(bytes: Uint8Array): void {
    writeFully(this.descriptor, bytes);
    this.offset += bytes.length;
  }
}
