import type { KnownObject, TimeRange } from '../../query/types.ts';
import type { Scope } from '../scope.ts';
import { aggregate, readAggregations, readBucket } from './aggregates.ts';
import { compact, HeapsterError, indented, type HeapsterAnswer } from './answers.ts';
import { describeEntity, TYPE_OF, type Entity, type HeapsterLevel } from './entities.ts';
import type { GoValue } from './goJson.ts';
import { isZeroTime } from './goTime.ts';
import { checkMetric, checkNames, Resolver } from './historyEntities.ts';
import { EntityLabels } from './labels.ts';
import { hasAnswered } from './newestRound.ts';
import { readLabels, readList, readTimes, type Parameters } from './parameters.ts';
import { entityIn, type KnownPath } from './paths.ts';
import { PointBudget, pointsAnswer } from './pointAnswers.ts';
import { isInSight, maySee } from './sight.ts';
import type { HeapsterOptions, Point, PointReader, RoundReader } from './types.ts';
import { currentName, hasPoints, metricOf, PartIndex, readLabelled, readNames, readPoints } from './values.ts';

/** Answers a path of the historical API. What Heapster broke there with InfluxDB 1.x, lists and uids, works. */
export function answerHistorical(
  options: HeapsterOptions,
  path: KnownPath,
  parameters: Parameters,
  scope: Scope
): HeapsterAnswer {
  switch (path.kind) {
    case 'list':
      return indented(listHistory(options, path, scope));
    case 'names': {
      const { history } = options;
      const parts = new PartIndex(history);
      const entities = new Resolver(history, scope).resolve(checkNames(entityIn(path)));
      const names = entities.flatMap(({ entity, range }) => readNames(history, entity, range, parts));
      return indented([...new Set(names)].sort());
    }
    case 'points':
    case 'pod-points': {
      const read = historyReading(options, path, parameters, scope);
      return answerEntities(path, (entity) => pointsAnswer(read(entity)));
    }
    case 'aggregates':
    case 'pod-aggregates':
    case 'keys': {
      const aggregations = readAggregations(path.names.aggregations ?? '');
      const read = historyReading(options, path, parameters, scope);
      const bucketMs = readBucket(parameters('bucket'));
      const startMs = wholeSeconds(readTimes(parameters).startMs ?? NaN);
      return answerEntities(path, (entity) => aggregate(read(entity), aggregations, bucketMs, startMs));
    }
  }
}

/** One answer for the entity of a path, or an item for each of its list of pods. */
function answerEntities(path: KnownPath, answer: (entity: Entity) => GoValue): HeapsterAnswer {
  const { namespace, pods, uids } = path.names;
  if (pods === undefined && uids === undefined) {
    return indented(answer(entityIn(path)));
  }
  const entities = pods
    ? readList(pods).map((pod): Entity => ({ level: 'pod', namespace, pod }))
    : readList(uids).map((uid): Entity => ({ level: 'pod', uid }));
  return compact({ items: entities.map(answer) });
}

function wholeSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** Reads the points a request asks for, of whatever entity; what finds nothing is a failure here. */
function historyReading(
  options: HeapsterOptions,
  path: KnownPath,
  parameters: Parameters,
  scope: Scope
): (entity: Entity) => Point[] {
  const { startMs, endMs } = readTimes(parameters);
  if (startMs === undefined || isZeroTime(startMs)) {
    throw new HeapsterError(400, 'no start time (or a start time of zero) provided');
  }
  const labels = readLabels(parameters);
  const metric = currentName(path.names.metric ?? '');
  // Both ends are cut to whole seconds and not part of the range.
  const asked = { fromMs: wholeSeconds(startMs) + 1, toMs: wholeSeconds(endMs ?? options.nowMs()) - 1 };
  const budget = new PointBudget(options.maxPoints);
  const facts = new EntityLabels(options.facts, options.labels);
  const parts = new PartIndex(options.history);
  const resolver = new Resolver(options.history, scope);
  return (entity) => {
    checkNames(entity);
    checkMetric(metric, labels);
    const points = resolver.resolve(entity).flatMap(({ entity: found, range }) => {
      const within = { fromMs: Math.max(asked.fromMs, range.fromMs), toMs: Math.min(asked.toMs, range.toMs) };
      return within.fromMs > within.toMs ? [] : readTagged(parts, found, metric, within, facts, labels);
    });
    budget.take(points.length);
    if (points.length === 0) {
      throw new HeapsterError(500, `No results for metric "${metric}" describing "${describeEntity(entity)}"`);
    }
    return points;
  };
}

/** Points of an entity whose labels have what is asked for, here only a further filter. */
function readTagged(
  parts: PartIndex,
  entity: Entity,
  metric: string,
  range: TimeRange,
  facts: EntityLabels,
  asked: ReadonlyMap<string, string> | undefined
): Point[] {
  const own = asked ? facts.of(entity) : {};
  const fits = (labels: Readonly<Record<string, string>>) =>
    [...(asked ?? [])].every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
  if (!metricOf(entity.level, metric)?.labels) {
    return fits(own) ? readPoints(parts.reader, entity, metric, range) : [];
  }
  return readLabelled(parts, entity, metric, range)
    .filter(({ labels }) => fits({ ...own, ...labels }))
    .flatMap(({ points }) => points)
    .sort((one, other) => one.timestampMs - other.timestampMs);
}

/** Everything of a kind there ever was, as far as the history reaches and the asker may see it. */
function listHistory({ recent, history }: HeapsterOptions, { level, names }: KnownPath, scope: Scope): string[] {
  const { namespace, node, pod } = names;
  if (level !== 'namespace' && !maySee(scope, { level, namespace })) {
    return [];
  }
  const found = new Set<string>();
  // A namespace is one that had pods; pods that only the API server knew are none to Heapster.
  for (const object of history.objects(level === 'namespace' ? 'pod' : level)) {
    const { names: own } = object;
    const isElsewhere =
      (level === 'sys_container' && own.node !== node) ||
      ((level === 'pod' || level === 'container') && own.namespace !== namespace) ||
      (level === 'container' && own.pod !== pod);
    const name = ownName(level, own) ?? '';
    const isWanted = !isElsewhere && !found.has(name) && isInSight(scope, { level, namespace: own.namespace });
    const wasThere = () =>
      level === 'node'
        ? hasEverAnswered(recent, history, object)
        : own.reported !== false || level === 'container' || wasReported(history, object);
    if (isWanted && wasThere()) {
      found.add(name);
    }
  }
  return [...found].sort();
}

function ownName(level: HeapsterLevel, { node, namespace, pod, container }: Omit<Entity, 'level'>): string | undefined {
  return { cluster: TYPE_OF.cluster, node, namespace, pod, container, sys_container: container }[level];
}

/** Whether a pod that only the API server knows by now was reported by a kubelet once, while it was there. */
function wasReported(history: PointReader, { names, firstSeenMs, lastSeenMs }: KnownObject): boolean {
  const entity: Entity = { level: 'pod', namespace: names.namespace, pod: names.pod };
  const range = { fromMs: firstSeenMs, toMs: lastSeenMs };
  return ['uptime', 'memory/usage', 'cpu/request'].some((metric) => hasPoints(history, entity, metric, range));
}

/**
 * Nearly all nodes answer within so long after they came: only of the others all of their life has to be read. Means of times
 * long past may stand up to so far beside what they are of.
 */
const SOON_MS = 3_600_000;

/** Whether the kubelet of a node answered once: Heapster had nothing of others. */
function hasEverAnswered(recent: RoundReader, history: PointReader, node: KnownObject): boolean {
  const { names, firstSeenMs, lastSeenMs } = node;
  const key = names.node ?? '';
  const fromMs = firstSeenMs - SOON_MS;
  const asked = { table: 'node', key, metric: 'kubelet/answered', node: key, fromMs } as const;
  const answeredUntil = (toMs: number) => [...history.points({ ...asked, toMs })].some(({ value }) => value > 0);
  return (
    hasAnswered(recent, key, recent.rounds().at(-1) ?? NaN) ||
    answeredUntil(Math.min(lastSeenMs, firstSeenMs + SOON_MS)) ||
    answeredUntil(lastSeenMs + SOON_MS)
  );
}
