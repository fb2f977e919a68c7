import type { ObjectNames } from '../../model/batch.ts';
import type { HistoryObject } from '../inventory.ts';

/** The names an object had at a time; its oldest ones before it was there. */
export function namesAt(object: HistoryObject, timeMs: number): ObjectNames {
  return object.formerNames?.find(({ untilMs }) => timeMs < untilMs)?.names ?? object.names;
}
