import type { TableName } from '../model/batch.ts';

/** The numbers of the tables on disk: never changed, only added to. */
const NUMBERS: Readonly<Record<TableName, number>> = {
  cluster: 0,
  node: 1,
  namespace: 2,
  workload: 3,
  pod: 4,
  container: 5,
  sys_container: 6,
  filesystem: 7,
  interface: 8,
  accelerator: 9,
};

/** The tables in the order of their numbers on disk. */
export const TABLE_NAMES: readonly TableName[] = (Object.keys(NUMBERS) as TableName[]).sort(
  (one, other) => NUMBERS[one] - NUMBERS[other]
);
