import type { TimeRange } from '../../query/types.ts';
import type { Scope } from '../scope.ts';
import { aggregate, readAggregations, readBucket } from './aggregates.ts';
import { compact, HeapsterError, indented, type HeapsterAnswer } from './answers.ts';
import { describeEntity, entityOf, keyOf, TYPE_OF, type Entity, type HeapsterLevel } from './entities.ts';
import type { GoValue } from './goJson.ts';
import { isZeroTime } from './goTime.ts';
import { EntityLabels } from './labels.ts';
import { readLabels, readList, readTimes, type Parameters } from './parameters.ts';
import { entityIn, type KnownPath } from './paths.ts';
import { PointBudget, pointsAnswer } from './pointAnswers.ts';
import { isInSight, maySee } from './sight.ts';
import type { HeapsterOptions, Point, PointReader } from './types.ts';
import { currentName, metricOf, readLabelled, readNames, readPoints } from './values.ts';

const ALWAYS: TimeRange = { fromMs: -Infinity, toMs: Infinity };

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
      const entities = resolve(options, checkNames(entityIn(path)), scope);
      const names = entities.flatMap(({ entity, range }) => readNames(options.history, entity, range, true));
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
  return (entity) => {
    checkNames(entity);
    checkMetric(metric, labels);
    const points: Point[] = [];
    for (const { entity: found, range } of resolve(options, entity, scope)) {
      const within = { fromMs: Math.max(asked.fromMs, range.fromMs), toMs: Math.min(asked.toMs, range.toMs) };
      points.push(...(within.fromMs > within.toMs ? [] : readTagged(options, found, metric, within, facts, labels)));
      budget.take(points.length);
    }
    if (points.length === 0) {
      throw new HeapsterError(500, `No results for metric "${metric}" describing "${describeEntity(entity)}"`);
    }
    return points;
  };
}

/** Points of an entity whose labels have what is asked for, here only a further filter. */
function readTagged(
  { history }: HeapsterOptions,
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
    return fits(own) ? readPoints(history, entity, metric, range) : [];
  }
  return readLabelled(history, entity, metric, range)
    .filter(({ labels }) => fits({ ...own, ...labels }))
    .flatMap(({ points }) => points)
    .sort((one, other) => one.timestampMs - other.timestampMs);
}

/** An entity with the time in which it was the one that was asked for. */
interface Resolved {
  readonly entity: Entity;
  readonly range: TimeRange;
}

/** The entity itself; of a uid the pod that had it, for as long as it had it. Nothing that the asker may not see. */
function resolve({ history }: HeapsterOptions, entity: Entity, scope: Scope): Resolved[] {
  const { uid, container, level } = entity;
  if (uid === undefined) {
    return maySee(scope, entity) ? [{ entity, range: ALWAYS }] : [];
  }
  const found = new Map<string, Resolved>();
  for (const { names, firstSeenMs, lastSeenMs } of history.objects('pod')) {
    if (names.uid === uid && isInSight(scope, { level, namespace: names.namespace })) {
      const pod = { ...entityOf(level, names), container };
      const known = found.get(keyOf(pod))?.range ?? { fromMs: Infinity, toMs: -Infinity };
      const range = { fromMs: Math.min(known.fromMs, firstSeenMs), toMs: Math.max(known.toMs, lastSeenMs) };
      found.set(keyOf(pod), { entity: pod, range });
    }
  }
  return [...found.values()];
}

const NAME = /^[a-zA-Z0-9_.:/-]+$/;
const NAMED = ['node', 'namespace', 'pod', 'container'] as const;

function checkNames(entity: Entity): Entity {
  for (const part of NAMED) {
    const name = entity[part];
    if (name !== undefined && !NAME.test(name)) {
      throw new HeapsterError(500, `Invalid ${part} name ${JSON.stringify(name)}`);
    }
  }
  if (entity.uid !== undefined && !NAME.test(entity.uid)) {
    throw new HeapsterError(500, `Invalid pod id ${JSON.stringify(entity.uid)}`);
  }
  return entity;
}

function checkMetric(metric: string, labels: ReadonlyMap<string, string> | undefined): void {
  if (!NAME.test(metric)) {
    throw new HeapsterError(500, `Invalid metric name ${JSON.stringify(metric)}`);
  }
  for (const [key, value] of labels ?? []) {
    if (!NAME.test(key)) {
      throw new HeapsterError(500, `Invalid label name ${JSON.stringify(key)}`);
    }
    if (/['"\\\n]/.test(value)) {
      throw new HeapsterError(500, `Invalid label value ${JSON.stringify(value)}`);
    }
  }
}

/** Everything of a kind there ever was, as far as the history reaches and the asker may see it. */
function listHistory({ history }: HeapsterOptions, { level, names }: KnownPath, scope: Scope): string[] {
  const { namespace, node, pod } = names;
  if (level !== 'namespace' && !maySee(scope, { level, namespace })) {
    return [];
  }
  const found = new Set<string>();
  // A namespace is one that had pods; pods that only the API server knew are none to Heapster.
  for (const { names: own } of history.objects(level === 'namespace' ? 'pod' : level)) {
    const isElsewhere =
      (level === 'sys_container' && own.node !== node) ||
      ((level === 'pod' || level === 'container') && own.namespace !== namespace) ||
      (level === 'container' && own.pod !== pod);
    const name = ownName(level, own) ?? '';
    const isWanted = !isElsewhere && !found.has(name) && isInSight(scope, { level, namespace: own.namespace });
    if (isWanted && (own.reported !== false || level === 'container' || wasReported(history, own))) {
      found.add(name);
    }
  }
  return [...found].sort();
}

function ownName(level: HeapsterLevel, { node, namespace, pod, container }: Omit<Entity, 'level'>): string | undefined {
  return { cluster: TYPE_OF.cluster, node, namespace, pod, container, sys_container: container }[level];
}

/** Whether a pod that only the API server knows by now was reported by a kubelet once. */
function wasReported(history: PointReader, { namespace, pod }: Omit<Entity, 'level'>): boolean {
  const entity: Entity = { level: 'pod', namespace, pod };
  return ['uptime', 'memory/usage', 'cpu/request'].some(
    (metric) => readPoints(history, entity, metric, ALWAYS).length > 0
  );
}
