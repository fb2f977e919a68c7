import type { ObjectNames } from '../model/batch.ts';

/** The columns that say what a row is about, and where each is in the names of an object. */
export const NAME_COLUMNS: ReadonlyArray<readonly [column: string, of: (names: ObjectNames) => string | undefined]> = [
  ['node', ({ node }) => node],
  ['namespace', ({ namespace }) => namespace],
  ['workload_kind', ({ workloadKind }) => workloadKind],
  ['workload', ({ workload }) => workload],
  ['pod', ({ pod }) => pod],
  ['container', ({ container }) => container],
  ['resource_id', ({ resourceId }) => resourceId],
  ['interface', (names) => names.interface],
  ['accelerator_id', ({ acceleratorId }) => acceleratorId],
  ['uid', ({ uid }) => uid],
];
