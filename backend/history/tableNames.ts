import type { TableName } from '../model/batch.ts';

/** The tables in the order of their numbers on disk: never changed, only added to. */
export const TABLE_NAMES: readonly TableName[] = [
  'cluster',
  'node',
  'namespace',
  'workload',
  'pod',
  'container',
  'sys_container',
  'filesystem',
  'interface',
];
