import type { ObjectNames } from '../../model/batch.ts';
import { CATALOGUE, describeMetric } from '../../model/catalogue.ts';
import { HEAPSTER_START } from '../../model/heapsterValues.ts';
import type { Scope } from '../scope.ts';
import {
  entityOf,
  heapsterKey,
  isKnownPart,
  ownerOf,
  partLabels,
  type Entity,
  type HeapsterLevel,
} from './entities.ts';
import { hasAnswered } from './newestRound.ts';
import { isInSight } from './sight.ts';
import type { HeapsterOptions, RoundObject } from './types.ts';
import { heapsterValue, metricOf } from './values.ts';

/** A value that needs further labels. */
export interface LabelledValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | bigint;
}

/** Everything Heapster would have known of one entity in one round. */
export interface MetricSet {
  readonly entity: Entity;
  /** As the list of all keys has it. */
  readonly key: string;
  /** Uid of a pod as its kubelet told it. */
  readonly uid?: string;
  /** When the statistics began, Unix ms; NaN if that is not known. */
  readonly startMs: number;
  readonly values: ReadonlyMap<string, number | bigint>;
  readonly labelled: readonly LabelledValue[];
}

const MEASURED = ['node', 'sys_container', 'pod', 'container'] as const;
const TOTALS = ['cluster', 'namespace'] as const;
const PARTS = ['filesystem', 'accelerator'] as const;

type Options = Pick<HeapsterOptions, 'recent'>;

/** The sets of one node in a round, as far as the asker may see them; none if its kubelet did not answer. */
export function setsOfNode({ recent }: Options, node: string, timestampMs: number, scope: Scope): MetricSet[] {
  if (!hasAnswered(recent, node, timestampMs)) {
    return [];
  }
  const parts = PARTS.flatMap((table) => [...recent.roundOf(node, table, timestampMs)]);
  const partsByOwner = new Map<string, RoundObject[]>();
  for (const part of parts.filter(({ names }) => isKnownPart(names))) {
    const owner = ownerOf(part.names);
    if (owner) {
      partsByOwner.set(heapsterKey(owner), [...(partsByOwner.get(heapsterKey(owner)) ?? []), part]);
    }
  }
  return MEASURED.flatMap((level) => {
    const own = [...recent.roundOf(node, level, timestampMs)].filter(
      ({ names }) => (names.reported !== false || level === 'container') && isInSight(scope, entityOf(level, names))
    );
    return own.map((object) => setOf(level, object, partsByOwner));
  });
}

/** The sets of the namespaces and of the cluster. */
export function setsOfTotals({ recent }: Options, timestampMs: number, scope: Scope): MetricSet[] {
  return TOTALS.flatMap((level) =>
    [...recent.roundOf('', level, timestampMs)]
      .map((object) => setOf(level, object, new Map()))
      .filter(({ entity, values }) => (values.size > 0 || level === 'cluster') && isInSight(scope, entity))
  );
}

function setOf(level: HeapsterLevel, object: RoundObject, parts: ReadonlyMap<string, RoundObject[]>): MetricSet {
  const { names, values } = object;
  const entity = entityOf(level, names);
  const own = new Map<string, number | bigint>();
  for (const name of metricNames(values)) {
    const value = metricOf(level, name)?.labels === undefined ? heapsterValue(name, values) : undefined;
    if (value !== undefined && metricOf(level, name)) {
      own.set(name, value);
    }
  }
  const labelled = (parts.get(heapsterKey(entity)) ?? []).flatMap((part) =>
    labelledValues(level, part.names, part.values)
  );
  return {
    entity,
    key: heapsterKey(entity),
    uid: names.uid,
    startMs: Number(values.get(HEAPSTER_START) ?? NaN),
    values: own,
    labelled,
  };
}

/** Names of what is stored and of what Heapster alone would have had. */
function metricNames(values: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...values.keys()].map((name) => name.replace(/^heapster:/, '')));
}

function labelledValues(
  level: HeapsterLevel,
  names: ObjectNames,
  values: ReadonlyMap<string, number | bigint>
): LabelledValue[] {
  const labels = partLabels(names);
  return [...values].flatMap(([name, value]) => (metricOf(level, name)?.labels ? [{ name, labels, value }] : []));
}

/** Whether values of a metric only grow while their object lives, as Heapster tagged them: restarts and disks were gauges. */
export function isCumulative(name: string): boolean {
  return name !== 'restart_count' && !name.startsWith('disk/') && describeMetric(name)?.kind === 'cumulative';
}

/** Metrics with labels of their own, as Heapster had them. */
export const LABELLED_METRICS = CATALOGUE.filter(({ heapster, labels }) => heapster && labels !== undefined);
