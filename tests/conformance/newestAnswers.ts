import { formatTime, formatUtc, ZERO_TIME } from '../../backend/api/heapster/goTime.ts';
import { isCumulative } from '../../backend/api/heapster/metricSets.ts';
import { unsigned } from '../../backend/api/heapster/pointAnswers.ts';
import type { ClusterFacts } from '../../backend/api/heapster/types.ts';
import { describeMetric } from '../../backend/model/catalogue.ts';
import { heapsterFloat } from '../../backend/model/heapsterMetrics.ts';
import { parseLabelSelector } from '../../backend/query/labelSelector.ts';
import type { OwnSets } from './compareBatches.ts';
import type { ExactValue } from './exactJson.ts';

/** The newest round, after it was compared with the recorded batch. */
export interface NewestRound {
  readonly timestampMs: number;
  readonly sets: OwnSets;
}

/** An entity as the export has it. */
export interface ExportedSet {
  readonly metrics: Readonly<Record<string, readonly ExportedValue[]>>;
  readonly labels: Readonly<Record<string, string>>;
}

interface ExportedValue {
  readonly start: string;
  readonly end: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | bigint;
}

const EXPORTED_LABELS = ['nodename', 'hostname', 'host_id', 'container_name', 'container_base_image'];
const EXPORTED_LABELS_OF_PODS = ['pod_name', 'pod_id', 'namespace_id', 'labels'];

/** How an entry of the export is known among all others: by its labels. */
export function exportName({ labels }: Pick<ExportedSet, 'labels'>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

/**
 * What is wrong with an entry of our export, or with there being none, by what the round holds; undefined if nothing is.
 * `exported`: names of metrics that an export has.
 */
export function faultOfExport(
  name: string,
  entry: ExportedSet | undefined,
  { timestampMs, sets }: NewestRound,
  exported: ReadonlySet<string>
): string | undefined {
  const own = [...sets.values()].find(({ set, labels }) => {
    const { level } = set.entity;
    const container = { node: 'machine', pod: '/pod' }[level as string] ?? labels.container_name;
    const told = [...EXPORTED_LABELS, ...EXPORTED_LABELS_OF_PODS].flatMap((label): Array<[string, string]> => {
      const value = label === 'container_name' ? container : (labels[label] as string | undefined);
      return value === undefined ? [] : [[label, value]];
    });
    return level !== 'cluster' && level !== 'namespace' && exportName({ labels: Object.fromEntries(told) }) === name;
  });
  if (!own || !entry) {
    return own ? 'is missing' : entry ? 'is of no object of the newest round' : undefined;
  }
  const { values, labelled, startMs } = own.set;
  const end = formatTime(timestampMs);
  const began = Number.isNaN(startMs) ? ZERO_TIME : formatTime(startMs);
  const all = [...[...values].map(([metric, value]) => ({ name: metric, labels: undefined, value })), ...labelled];
  const expected = all
    .filter((each) => exported.has(each.name))
    .map((each) =>
      told(each.name, {
        ...each,
        start: isCumulative(each.name) ? began : end,
        end,
        value: shown(each.name, each.value),
      })
    );
  const ours = Object.entries(entry.metrics).flatMap(([metric, list]) => list.map((value) => told(metric, value)));
  const [further] = [
    ...ours.filter((one) => !expected.includes(one)),
    ...expected.filter((one) => !ours.includes(one)),
  ];
  return further === undefined ? undefined : `the round does not hold, or the export does not tell: ${further}`;
}

function shown(name: string, value: number | bigint): number | bigint {
  const metric = describeMetric(name);
  return metric && heapsterFloat(metric) ? Number(value) : unsigned(value);
}

function told(name: string, { start, end, labels, value }: ExportedValue): string {
  return `${name} ${JSON.stringify(Object.entries(labels ?? {}).sort())} ${start} ${end} ${value}`;
}

/** An item of the resource metrics API. */
export interface ResourceItem {
  readonly metadata: { readonly namespace?: string; readonly name: string };
  readonly timestamp: string;
  readonly window: string;
  readonly usage?: Usage;
  readonly containers?: ReadonlyArray<{ readonly name: string; readonly usage: Usage }>;
}

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}

/** What an item is known by: `namespace/name`, of nodes `/name`. */
export function resourceName({ metadata: { namespace = '', name } }: Pick<ResourceItem, 'metadata'>): string {
  return `${namespace}/${name}`;
}

/** What is wrong with an item of the resource metrics API, or with there being none; undefined if nothing is. */
export function faultOfResource(
  name: string,
  item: ResourceItem | undefined,
  { timestampMs, sets }: NewestRound,
  facts: ClusterFacts,
  selector: string
): string | undefined {
  const [namespace, own] = name.split('/');
  const object = namespace === '' ? facts.nodes().find((node) => node.name === own) : facts.pod(namespace, own);
  const isAsked = object !== undefined && parseLabelSelector(selector)(object.labels);
  const names =
    object && 'containers' in object
      ? object.containers.filter(({ role }) => role === 'container').map((container) => container.name)
      : undefined;
  const expected = names
    ? names.map((container) => usageIn(sets, `namespace:${namespace}/pod:${own}/container:${container}`))
    : [usageIn(sets, `node:${own}`)];
  if (!isAsked || expected.includes(undefined)) {
    return item ? 'is told without having values, or without being asked for' : undefined;
  }
  if (!item) {
    return 'is missing';
  }
  const told = names ? item.containers : [{ name: undefined, usage: item.usage }];
  const isRight =
    item.timestamp === formatUtc(timestampMs) &&
    item.window === '1m0s' &&
    told?.length === expected.length &&
    told.every((each, index) => each.name === names?.[index] && amounts(each.usage) === expected[index]);
  return isRight ? undefined : `the newest round holds ${expected.join(', ')}`;
}

function usageIn(sets: OwnSets, key: string): string | undefined {
  const values = sets.get(key)?.set.values;
  const [cpu, memory] = [values?.get('cpu/usage_rate'), values?.get('memory/working_set')];
  return cpu === undefined || memory === undefined ? undefined : `${cpu} millicores and ${memory} bytes`;
}

const UNITS = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

function amounts(usage: Usage | undefined): string {
  const [, cpu = '', milli] = /^(\d+)(m?)$/.exec(usage?.cpu ?? '') ?? [];
  const [, memory = '', unit = ''] = /^(\d+)(\D*)$/.exec(usage?.memory ?? '') ?? [];
  const bytes = BigInt(memory) * 1024n ** BigInt(Math.max(0, UNITS.indexOf(unit)));
  return `${Number(cpu) * (milli === 'm' ? 1 : 1000)} millicores and ${bytes} bytes`;
}

/** Names of metrics in an export. */
export function exportedNames(...exports: readonly ExactValue[]): Set<string> {
  const sets = exports.flatMap((each) => (Array.isArray(each) ? (each as unknown as ExportedSet[]) : []));
  return new Set(sets.flatMap(({ metrics }) => Object.keys(metrics)));
}
