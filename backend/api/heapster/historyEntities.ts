import type { KnownObject, TimeRange } from '../../query/types.ts';
import type { Scope } from '../scope.ts';
import { HeapsterError } from './answers.ts';
import { entityOf, keyOf, type Entity } from './entities.ts';
import { quoteGo } from './goQuote.ts';
import { isInSight, maySee } from './sight.ts';
import type { PointReader } from './types.ts';

/** All there is. */
export const ALWAYS: TimeRange = { fromMs: -Infinity, toMs: Infinity };

/** An entity with the time in which it was the one that was asked for. */
export interface Resolved {
  readonly entity: Entity;
  readonly range: TimeRange;
}

/** Finds the entities that are meant: themselves, or the pods of uids. Nothing that the asker may not see. */
export class Resolver {
  private readonly history: PointReader;
  private readonly scope: Scope;

  constructor(history: PointReader, scope: Scope) {
    this.history = history;
    this.scope = scope;
  }

  /** The entity itself; of a uid the pod that had it, for as long as it had it. */
  resolve(entity: Entity): Resolved[] {
    const { uid, container, level } = entity;
    if (uid === undefined) {
      return maySee(this.scope, entity) ? [{ entity, range: ALWAYS }] : [];
    }
    const found = new Map<string, Resolved>();
    for (const { names, firstSeenMs, lastSeenMs } of this.podsOf(uid)) {
      if (isInSight(this.scope, { level, namespace: names.namespace })) {
        const pod = { ...entityOf(level, names), container };
        const known = found.get(keyOf(pod))?.range ?? { fromMs: Infinity, toMs: -Infinity };
        const range = { fromMs: Math.min(known.fromMs, firstSeenMs), toMs: Math.max(known.toMs, lastSeenMs) };
        found.set(keyOf(pod), { entity: pod, range });
      }
    }
    return [...found.values()];
  }

  private podsOf(uid: string): readonly KnownObject[] {
    const pods: KnownObject[] = [];
    for (const pod of this.history.objects('pod')) {
      if (pod.names.uid === uid) {
        pods.push(pod);
      }
    }
    return pods;
  }
}

const NAME = /^[a-zA-Z0-9_.:/-]+$/;
const NAMED = ['node', 'namespace', 'pod', 'container'] as const;

/** The same entity, if InfluxDB could have had its names. */
export function checkNames(entity: Entity): Entity {
  for (const part of NAMED) {
    const name = entity[part];
    if (name !== undefined && !NAME.test(name)) {
      throw new HeapsterError(500, `Invalid ${part} name ${quoteGo(name)}`);
    }
  }
  if (entity.uid !== undefined && !NAME.test(entity.uid)) {
    throw new HeapsterError(500, `Invalid pod id ${quoteGo(entity.uid)}`);
  }
  return entity;
}

/** Refuses what InfluxDB could not have had as a metric or a label. */
export function checkMetric(metric: string, labels: ReadonlyMap<string, string> | undefined): void {
  if (!NAME.test(metric)) {
    throw new HeapsterError(500, `Invalid metric name ${quoteGo(metric)}`);
  }
  for (const [key, value] of labels ?? []) {
    if (!NAME.test(key)) {
      throw new HeapsterError(500, `Invalid label name ${quoteGo(key)}`);
    }
    if (/['"\\\n]/.test(value)) {
      throw new HeapsterError(500, `Invalid label value ${quoteGo(value)}`);
    }
  }
}
