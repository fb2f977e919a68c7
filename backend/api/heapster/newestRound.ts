import type { Scope } from '../scope.ts';
import { entityOf, type Entity, type HeapsterLevel } from './entities.ts';
import { isInSight } from './sight.ts';
import type { HeapsterOptions, RoundReader } from './types.ts';

const LEVELS = ['cluster', 'node', 'sys_container', 'namespace', 'pod', 'container'] as const;

/** All entities that Heapster would have had in its newest batch, as far as the asker may see them. */
export function allNewest(options: Pick<HeapsterOptions, 'recent'>, scope: Scope): Entity[] {
  return LEVELS.flatMap((level) => newestOf(options, level)).filter((entity) => isInSight(scope, entity));
}

/** The entities of a level that Heapster would have had in its newest batch. */
export function newestOf({ recent }: Pick<HeapsterOptions, 'recent'>, level: HeapsterLevel): Entity[] {
  const newestMs = recent.rounds().at(-1);
  if (newestMs === undefined) {
    return [];
  }
  switch (level) {
    case 'cluster':
      return [{ level }];
    case 'namespace': {
      // A namespace exists where a pod of it is reported.
      const namespaces = new Set(seenIn(recent, 'pod', newestMs).map(({ namespace }) => namespace));
      return [...namespaces].map((namespace) => ({ level, namespace }));
    }
    case 'node':
      return seenIn(recent, level, newestMs).filter(({ node = '' }) => hasAnswered(recent, node, newestMs));
    case 'sys_container':
    case 'pod':
    case 'container':
      return seenIn(recent, level, newestMs);
  }
}

/** Objects of one round. Containers that only the API server knows are among them, pods are not. */
function seenIn(recent: RoundReader, level: Exclude<HeapsterLevel, 'namespace'>, timestampMs: number): Entity[] {
  const entities: Entity[] = [];
  for (const { names, firstSeenMs, lastSeenMs } of recent.objects(level)) {
    // The round that is being written may have touched an object already.
    if (lastSeenMs >= timestampMs && firstSeenMs <= timestampMs && (level !== 'pod' || names.reported !== false)) {
      entities.push(entityOf(level, names));
    }
  }
  return entities;
}

/** Whether the kubelet of a node answered in a round. */
export function hasAnswered(recent: RoundReader, node: string, timestampMs: number): boolean {
  const asked = { table: 'node', key: node, metric: 'kubelet/answered', node } as const;
  const [answered] = recent.points({ ...asked, fromMs: timestampMs, toMs: timestampMs });
  return answered?.value === 1;
}
