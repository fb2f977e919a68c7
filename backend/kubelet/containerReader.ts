import { objectKey, type ObjectNames, type TableName } from '../model/batch.ts';
import type { DecodedSummary } from './concludeSummary.ts';
import { decodeContainers, type DecodedContainers } from './decodeContainers.ts';
import type { OpenTable } from './tableBuilder.ts';

interface Lists {
  readonly keys: readonly string[];
  readonly names: readonly ObjectNames[];
}

interface NodeMemory {
  readonly images: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<TableName, Lists>;
}

/**
 * Decodes the answers of all nodes to `POST /stats/container/`. As long as a node lists the same objects, the tables have
 * the very lists of keys and names they had.
 */
export class ContainerReader {
  private readonly nodes = new Map<string, NodeMemory>();

  /** Throws like {@link decodeContainers}. */
  read(node: string, body: Buffer, receivedMs: number): DecodedSummary {
    const decoded = decodeContainers(body, node, receivedMs);
    const before = this.nodes.get(node)?.lists;
    const tables: DecodedContainers['tables'] = Object.fromEntries(
      Object.entries(decoded.tables).map(([name, table]) => [
        name,
        withKnownLists(table as OpenTable, before?.get(name as TableName)),
      ])
    );
    const lists = Object.entries(tables).map(
      ([name, { keys, names }]) => [name as TableName, { keys, names }] as const
    );
    this.nodes.set(node, { images: decoded.images, lists: new Map(lists) });
    return { ...decoded, tables };
  }

  /** The image of a container as its runtime reported it in the newest answer of a node. */
  imageOf(node: string, namespace: string, pod: string, container: string): string | undefined {
    return this.nodes.get(node)?.images.get(objectKey(namespace, pod, container));
  }

  /** Forgets a node that is gone. */
  forget(node: string): void {
    this.nodes.delete(node);
  }
}

/** The table with the lists it had before, where they say the same. */
function withKnownLists(table: OpenTable, known: Lists | undefined): OpenTable {
  const isSame =
    known?.keys.length === table.keys.length &&
    table.keys.every((key, row) => key === known.keys[row] && table.names[row].uid === known.names[row].uid);
  return isSame && known ? { ...table, keys: known.keys, names: known.names } : table;
}
