import type { ObjectNames, TableName } from '../model/batch.ts';

/** An object of the inventory: who it is and when it existed. Both times are batch timestamps, inclusive. */
export interface StoredObject {
  readonly table: TableName;
  /** Unique within its table in the whole cluster, but for a pod that moved: it is one object per node. */
  readonly key: string;
  /** Its newest names, labels and owner. */
  names: ObjectNames;
  readonly firstSeenMs: number;
  lastSeenMs: number;
}
