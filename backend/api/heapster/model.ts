import { compact, indented, type HeapsterAnswer } from './answers.ts';
import type { Scope } from '../scope.ts';
import { heapsterKey, type Entity } from './entities.ts';
import { EntityLabels } from './labels.ts';
import { allNewest, newestOf } from './newestRound.ts';
import { readLabels, readList, readTimes, type Parameters } from './parameters.ts';
import { entityIn, type KnownPath } from './paths.ts';
import { PointBudget, pointsAnswer } from './pointAnswers.ts';
import { maySee } from './sight.ts';
import type { HeapsterOptions, Point } from './types.ts';
import { currentName, PartIndex, readLabelled, readNames, readPoints } from './values.ts';

/** Heapster kept that much; a request that names no start is answered with as much. */
const WINDOW_MS = 15 * 60_000;

/** Answers a path of the model API. */
export function answerModel(
  options: HeapsterOptions,
  path: KnownPath,
  parameters: Parameters,
  scope: Scope
): HeapsterAnswer {
  switch (path.kind) {
    case 'list':
      return indented(listModel(options, path, scope));
    case 'keys':
      return indented(allNewest(options, scope).map(heapsterKey).sort());
    case 'names': {
      const entity = entityIn(path);
      return indented(maySee(scope, entity) ? readNames(options.recent, entity, lastWindow(options)) : []);
    }
    case 'pod-points':
      return compact({ items: podItems(options, path, parameters, scope).map(pointsAnswer) });
    case 'points':
    case 'aggregates':
    case 'pod-aggregates': {
      const read = pointReading(options, path.names.metric ?? '', parameters);
      const entity = entityIn(path);
      return indented(pointsAnswer(maySee(scope, entity) ? read(entity) : []));
    }
  }
}

/** The last rounds that Heapster would still have had: counted from the newest, however long ago that was. */
function lastWindow({ recent }: HeapsterOptions): { readonly fromMs: number; readonly toMs: number } {
  const newestMs = recent.rounds().at(-1) ?? NaN;
  return { fromMs: newestMs - WINDOW_MS + 1, toMs: newestMs };
}

/** Reads the points a request asks for, of whatever entity. */
function pointReading(options: HeapsterOptions, metric: string, parameters: Parameters): (entity: Entity) => Point[] {
  const { startMs, endMs } = readTimes(parameters);
  const labels = readLabels(parameters);
  const budget = new PointBudget(options.maxPoints);
  const reader = startMs === undefined ? options.recent : options.history;
  const parts = new PartIndex(reader);
  const range = { fromMs: startMs ?? lastWindow(options).fromMs, toMs: endMs ?? options.nowMs() };
  return (entity) => {
    const points = labels
      ? readLabelled(parts, entity, currentName(metric), range)
          .filter(({ labels: own }) => areSame(own, labels))
          .flatMap(({ points: found }) => found)
      : readPoints(reader, entity, currentName(metric), range);
    budget.take(points.length);
    return points;
  };
}

function areSame(own: Readonly<Record<string, string>>, asked: ReadonlyMap<string, string>): boolean {
  const keys = Object.keys(own);
  return keys.length === asked.size && keys.every((key) => asked.get(key) === own[key]);
}

/** One item per name in the order of the request; a name that comes k times has every point k times in each. */
function podItems(options: HeapsterOptions, path: KnownPath, parameters: Parameters, scope: Scope): Point[][] {
  const read = pointReading(options, path.names.metric ?? '', parameters);
  const pods = readList(path.names.pods);
  const { namespace } = path.names;
  const budget = new PointBudget(options.maxPoints);
  const times = new Map<string, number>();
  pods.forEach((pod) => times.set(pod, (times.get(pod) ?? 0) + 1));
  const items = new Map<string, Point[]>();
  return pods.map((pod) => {
    const entity: Entity = { level: 'pod', namespace, pod };
    const count = times.get(pod) ?? 1;
    let item = items.get(pod);
    if (!item) {
      const points = maySee(scope, entity) ? read(entity) : [];
      budget.take(points.length * count * count);
      item = count === 1 ? points : points.flatMap((point) => new Array<Point>(count).fill(point));
      items.set(pod, item);
    }
    return item;
  });
}

function listModel(options: HeapsterOptions, { level, names }: KnownPath, scope: Scope): string[] {
  const { namespace, node, pod } = names;
  // A list of namespaces is of those the asker may see; all others are of one place that he may see or not.
  if (level !== 'namespace' && !maySee(scope, { level, namespace })) {
    return [];
  }
  const all = newestOf(options, level);
  const facts = new EntityLabels(options.facts, options.labels);
  switch (level) {
    case 'node':
      return sorted(all.map((entity) => facts.hostname(entity.node ?? '')));
    case 'sys_container':
      // Here alone the path names the host, not the node.
      return sorted(ofContainers(all.filter((entity) => facts.hostname(entity.node ?? '') === node)));
    case 'namespace':
      return sorted(all.flatMap((entity) => (maySee(scope, entity) ? [entity.namespace ?? ''] : [])));
    case 'pod':
      return sorted(all.flatMap((entity) => (entity.namespace === namespace ? [entity.pod ?? ''] : [])));
    case 'container':
    case 'cluster':
      return sorted(ofContainers(all.filter((entity) => entity.namespace === namespace && entity.pod === pod)));
  }
}

function ofContainers(entities: readonly Entity[]): string[] {
  return entities.map(({ container = '' }) => container);
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
