import { objectKey, type ObjectNames } from '../model/batch.ts';
import type { OpenTable, TableBuilder } from './tableBuilder.ts';

/** The key of a row by its names, per table; '' for a row whose names are not complete. */
export const nodeKey = (names: ObjectNames) => names.node ?? '';
export const systemKey = (names: ObjectNames) => objectKey(names.node ?? '', names.container ?? '');
export const podKey = (names: ObjectNames) => (names.pod ? objectKey(names.namespace ?? '', names.pod) : '');
export const containerKey = (names: ObjectNames) =>
  names.pod && names.container ? objectKey(names.namespace ?? '', names.pod, names.container) : '';
const ownerKey = (names: ObjectNames) =>
  objectKey(names.owner ?? '', names.node ?? '', names.namespace ?? '', names.pod ?? '', names.container ?? '');
export const filesystemKey = (names: ObjectNames) => objectKey(ownerKey(names), names.resourceId ?? '');
export const acceleratorKey = (names: ObjectNames) =>
  objectKey(ownerKey(names), names.make ?? '', names.model ?? '', names.acceleratorId ?? '');
export const interfaceKey = (names: ObjectNames) => objectKey(ownerKey(names), names.interface ?? '');

/**
 * Closes a table. Rows without a name are left out; of rows with the same key the one with the newer start counts, and
 * of equal ones the last: a kubelet may list a pod and its predecessor together. Where `isLastChosen`, the last row counts.
 */
export function closeTable(
  builder: TableBuilder,
  names: ObjectNames[],
  keyOf: (names: ObjectNames) => string,
  isLastChosen: (names: ObjectNames) => boolean = () => false
): OpenTable {
  const rowOf = new Map<string, number>();
  for (let row = 0; row < builder.rowCount; row++) {
    const key = keyOf(names[row]);
    const rival = rowOf.get(key);
    const isOlder = rival !== undefined && isLater(builder.start(rival), builder.start(row));
    if (key !== '' && (!isOlder || isLastChosen(names[row]))) {
      rowOf.set(key, row);
    }
  }
  const kept = [...rowOf.values()];
  return builder.build(
    kept,
    [...rowOf.keys()],
    kept.map((row) => names[row])
  );
}

/** Whether one start is later than another; one that is told is later than one that is not. */
function isLater(oneMs: number, otherMs: number): boolean {
  return oneMs > otherMs || (oneMs === oneMs && otherMs !== otherMs);
}
