import { describeMetric, type MetricDefinition } from '../../model/catalogue.ts';
import { heapsterFloat } from '../../model/heapsterMetrics.ts';
import type { Scope } from '../scope.ts';
import { compactJson, type GoValue } from './goJson.ts';
import { formatTime, ZERO_TIME } from './goTime.ts';
import { EntityLabels } from './labels.ts';
import { isCumulative, LABELLED_METRICS, setsOfNode, type MetricSet } from './metricSets.ts';
import { unsigned } from './pointAnswers.ts';
import type { HeapsterOptions } from './types.ts';

/** What the export has, besides everything that has labels of its own. */
const EXPORTED = [
  'uptime',
  'cpu/usage',
  'cpu/load',
  'ephemeral_storage/usage',
  'memory/usage',
  'memory/rss',
  'memory/cache',
  'memory/working_set',
  'memory/page_faults',
  'memory/major_page_faults',
  'network/rx',
  'network/rx_errors',
  'network/tx',
  'network/tx_errors',
  'cpu/limit',
  'memory/limit',
];

/** Thousands of nodes may be exported: after so long others get their turn. */
const LONGEST_TURN_MS = 20;

const COMMON_LABELS = {
  nodename: 'Name of the node.',
  hostname: 'Name by which the node can be reached.',
  host_id: 'What the cloud or its operator calls the node.',
  container_name: 'Name of the container; of containers of the system what the kubelet calls them.',
  container_base_image: 'Image that the container runs.',
};
const POD_LABELS = {
  pod_name: 'Name of the pod.',
  pod_id: 'Uid of the pod.',
  namespace_id: 'Uid of the namespace of the pod.',
  labels: 'Labels of the pod or of the node, joined to one text.',
};
const EXPORTED_LABELS = [...Object.keys(COMMON_LABELS), ...Object.keys(POD_LABELS)];

const LABEL_DESCRIPTIONS: Readonly<Record<string, string>> = {
  resource_id: 'The file system, volume or device that the value is about.',
  make: 'Who makes the accelerator.',
  model: 'Model of the accelerator.',
  accelerator_id: 'Identifier of the accelerator.',
};

/** The newest round as Heapster's export has it: nodes, pods and containers, in pieces, as it may be long. */
export async function* exportNewest(options: HeapsterOptions, scope: Scope): AsyncGenerator<string> {
  const timestampMs = options.recent.rounds().at(-1);
  if (timestampMs === undefined) {
    yield 'null\n';
    return;
  }
  const facts = new EntityLabels(options.facts, options.labels);
  let isFirst = true;
  let startedMs = performance.now();
  for (const node of [...options.recent.nodes()].filter((name) => name !== '')) {
    const sets = setsOfNode(options, node, timestampMs, scope).map((set) =>
      compactJson(exportSet(set, facts, timestampMs))
    );
    if (sets.length > 0) {
      yield (isFirst ? '[' : ',') + sets.join(',');
      isFirst = false;
    }
    if (performance.now() - startedMs > LONGEST_TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      startedMs = performance.now();
    }
  }
  yield isFirst ? '[]\n' : ']\n';
}

function exportSet(set: MetricSet, facts: EntityLabels, timestampMs: number): GoValue {
  const end = formatTime(timestampMs);
  const begin = Number.isNaN(set.startMs) ? ZERO_TIME : formatTime(set.startMs);
  const point = (name: string, value: number | bigint, labels?: Readonly<Record<string, string>>) => ({
    start: isCumulative(name) ? begin : end,
    end,
    labels,
    value: isFloat(name) ? Number(value) : unsigned(value),
  });
  const metrics: Record<string, GoValue[]> = {};
  for (const name of EXPORTED) {
    const value = set.values.get(name);
    if (value !== undefined) {
      metrics[name] = [point(name, value)];
    }
  }
  for (const { name, labels, value } of set.labelled) {
    (metrics[name] ??= []).push(point(name, value, labels));
  }
  const own = facts.of(set.entity, set.uid);
  const { level } = set.entity;
  const container = level === 'node' ? 'machine' : level === 'pod' ? '/pod' : own.container_name;
  const labels: Record<string, GoValue> = {};
  for (const name of EXPORTED_LABELS) {
    const value = name === 'container_name' ? container : own[name];
    if (value !== undefined) {
      labels[name] = value;
    }
  }
  return { metrics: sortKeys(metrics), labels: sortKeys(labels) };
}

function sortKeys(record: Readonly<Record<string, GoValue>>): GoValue {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function isFloat(name: string): boolean {
  const metric = describeMetric(name);
  return metric !== undefined && heapsterFloat(metric);
}

/** What the export's metrics and labels mean, printed from the catalogue. */
export function exportSchema(): GoValue {
  const exported = EXPORTED.flatMap((name) => describeMetric(name) ?? []);
  const labelled = ['disk/', 'filesystem/', 'accelerator/'].flatMap((family) =>
    LABELLED_METRICS.filter(({ name }) => name.startsWith(family))
  );
  return {
    metrics: [...exported, ...labelled].map(describe),
    common_labels: listLabels(COMMON_LABELS),
    pod_labels: listLabels(POD_LABELS),
  };
}

function describe(metric: MetricDefinition): GoValue {
  const { name, description, labels, unit } = metric;
  // Heapster counted inodes in bytes, and knew no unit of rates.
  const units = name.startsWith('filesystem/') ? 'bytes' : ['bytes', 'ms', 'ns'].includes(unit) ? unit : undefined;
  return {
    name,
    description,
    labels: labels?.map((key) => ({ key, description: LABEL_DESCRIPTIONS[key] ?? '' })),
    type: metric.kind,
    value_type: isFloat(name) ? 'double' : 'int64',
    units,
  };
}

function listLabels(labels: Readonly<Record<string, string>>): GoValue {
  return Object.entries(labels).map(([key, description]) => ({ key, description }));
}
