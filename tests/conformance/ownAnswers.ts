import { aggregate, readAggregations, readBucket } from '../../backend/api/heapster/aggregates.ts';
import { HeapsterError } from '../../backend/api/heapster/answers.ts';
import { describeEntity, heapsterKey, type Entity } from '../../backend/api/heapster/entities.ts';
import { compactJson } from '../../backend/api/heapster/goJson.ts';
import type { MetricSet } from '../../backend/api/heapster/metricSets.ts';
import { readLabels, readParameters, readTimes } from '../../backend/api/heapster/parameters.ts';
import { entityIn, type KnownPath } from '../../backend/api/heapster/paths.ts';
import { pointsAnswer, unsigned } from '../../backend/api/heapster/pointAnswers.ts';
import type { Point } from '../../backend/api/heapster/types.ts';
import { currentName } from '../../backend/api/heapster/values.ts';
import type { OwnSets } from './compareBatches.ts';
import { parseExact, type ExactValue } from './exactJson.ts';

/** What each round holds, after it was compared with the recorded batch: the answers that depart have to follow from it. */
export type OwnHistory = ReadonlyMap<number, OwnSets>;

type OwnSet = OwnSets extends ReadonlyMap<string, infer Set> ? Set : never;

/** An answer that follows from the rounds: JSON, or the sentence of a failure. */
export type Expected =
  | { readonly status: 200; readonly value: ExactValue }
  | { readonly status: number; readonly value?: undefined; readonly text: string };

/** The names in a list that follow from some rounds. The historical lists name nodes, those of the model their hosts. */
export function expectedList(rounds: Iterable<OwnSets>, { level, names }: KnownPath, isHistorical: boolean): string[] {
  const found = new Set<string>();
  for (const round of rounds) {
    for (const { set, labels } of round.values()) {
      const { entity } = set;
      const host = isHistorical ? entity.node : labels.hostname;
      const isInside =
        level === 'namespace' ||
        level === 'node' ||
        (level === 'sys_container'
          ? host === names.node
          : entity.namespace === names.namespace && (level === 'pod' || entity.pod === names.pod));
      // A namespace is one that has pods.
      if (isInside && entity.level === (level === 'namespace' ? 'pod' : level)) {
        found.add((level === 'namespace' ? entity.namespace : level === 'node' ? host : lastName(entity)) ?? '');
      }
    }
  }
  return [...found].sort();
}

function lastName({ pod, container }: Entity): string | undefined {
  return container ?? pod;
}

/** What the historical API has to answer, as it follows from the rounds until then. */
export function expectedHistory(own: OwnHistory, path: KnownPath, url: string, nowMs: number): Expected {
  try {
    return { status: 200, value: historyOf(own, path, url, nowMs) };
  } catch (error) {
    if (error instanceof HeapsterError) {
      return { status: error.status, text: error.message };
    }
    throw error;
  }
}

function historyOf(own: OwnHistory, path: KnownPath, url: string, nowMs: number): ExactValue {
  if (path.kind === 'list') {
    return expectedList(own.values(), path, true);
  }
  const { namespace, pods, uids } = path.names;
  const entity = entityIn(path);
  if (path.kind === 'names') {
    return namesOf(own, entity);
  }
  const parameters = readParameters(url);
  const { startMs, endMs = nowMs } = readTimes(parameters);
  if (startMs === undefined) {
    throw new HeapsterError(400, 'no start time (or a start time of zero) provided');
  }
  const labels = readLabels(parameters);
  const metric = currentName(path.names.metric ?? '');
  const [afterMs, beforeMs] = [startMs, endMs].map((timeMs) => Math.floor(timeMs / 1000) * 1000);
  const answerOf = (each: Entity) => {
    const within = [...own].filter(([timeMs]) => timeMs > afterMs && timeMs < beforeMs);
    const points = within
      .flatMap(([timestampMs, sets]) => pointsIn(sets, timestampMs, each, metric, labels))
      .sort((one, other) => one.timestampMs - other.timestampMs);
    if (points.length === 0) {
      throw new HeapsterError(500, `No results for metric "${metric}" describing "${describeEntity(each)}"`);
    }
    return path.kind === 'points' || path.kind === 'pod-points'
      ? pointsAnswer(points)
      : aggregate(points, readAggregations(path.names.aggregations ?? ''), readBucket(parameters('bucket')), afterMs);
  };
  const several = pods
    ? pods.split(',').map((pod): Entity => ({ level: 'pod', namespace, pod }))
    : uids?.split(',').map((uid): Entity => ({ level: 'pod', uid }));
  return parseExact(compactJson(several ? { items: several.map(answerOf) } : answerOf(entity)));
}

function namesOf(own: OwnHistory, entity: Entity): string[] {
  const sets = [...own.values()].flatMap((round) => [...round.values()].filter((each) => isMeant(each, entity)));
  return namesIn(sets, true);
}

/** The names of the metrics of some sets. The historical API names those with labels too, the model does not. */
export function namesIn(sets: readonly OwnSet[], isHistorical: boolean): string[] {
  const names = sets.flatMap(({ set }) => [
    ...set.values.keys(),
    ...(isHistorical ? set.labelled.map(({ name }) => name) : []),
  ]);
  return [...new Set(names)].sort();
}

/** Whether a set is of the entity: the one of its names, or of the uid of its pod. */
function isMeant({ set, labels }: OwnSet, entity: Entity): boolean {
  return entity.uid === undefined
    ? set.key === heapsterKey(entity)
    : set.entity.level === entity.level && labels.pod_id === entity.uid && set.entity.container === entity.container;
}

function pointsIn(
  sets: OwnSets,
  timestampMs: number,
  entity: Entity,
  metric: string,
  asked: ReadonlyMap<string, string> | undefined
): Point[] {
  const fits = (labels: Readonly<Record<string, string>>) =>
    [...(asked ?? [])].every(([key, value]) => labels[key] === value);
  return [...sets.values()]
    .filter((each) => isMeant(each, entity))
    .flatMap(({ set, labels: own }) => [
      ...(set.values.has(metric) && fits(own) ? [set.values.get(metric)!] : []),
      ...set.labelled.flatMap(({ name, labels, value }) =>
        name === metric && fits({ ...own, ...labels }) ? [value] : []
      ),
    ])
    .map((value) => ({ timestampMs, value }));
}

/**
 * The values a round has of a metric, as points tell them. `metric` may be followed by all of its labels in order; without
 * them all values of the name are meant.
 */
export function valuesIn(sets: OwnSets | undefined, key: string, metric: string): Array<number | bigint> {
  const set: MetricSet | undefined = sets?.get(key)?.set;
  const plain = set?.values.get(metric);
  const labelled = set?.labelled.filter(
    ({ name, labels }) => metric === name || metric === `${name} ${JSON.stringify(Object.entries(labels).sort())}`
  );
  return [...(plain === undefined ? [] : [plain]), ...(labelled ?? []).map(({ value }) => value)].map(unsigned);
}
