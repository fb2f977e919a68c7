import type { ObjectNames, TableName } from '../model/batch.ts';
import { describeMetric, type MetricLevel, type Unit } from '../model/catalogue.ts';
import type { Labels } from '../model/facts.ts';
import { prometheusLabels, prometheusName, prometheusScale } from '../model/prometheusName.ts';

/** Label names and values of a series in turn, sorted by name; names that the object lacks are left out. */
export type LabelPairs = readonly string[];

/** A metric of a level as it is sent. */
export interface ExportedMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'info';
  readonly help: string;
  /** Prometheus' base unit; empty for what is counted. */
  readonly unit: string;
  /** Our values are divided by it. */
  readonly divisor: number;
}

/** The label of info series that lists the keys of an object's Kubernetes labels, as `,app,tier,`. */
export const LABEL_KEYS = 'label_keys';

const PART_LABELS: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  filesystem: ['resource_id', 'persistentvolumeclaim'],
  interface: ['interface'],
  accelerator: ['make', 'model', 'accelerator_id'],
};

const VALUES: Readonly<Record<string, (names: ObjectNames) => string | undefined>> = {
  node: ({ node }) => node,
  namespace: ({ namespace }) => namespace,
  workload_kind: ({ workloadKind }) => workloadKind,
  workload: ({ workload }) => workload,
  pod: ({ pod }) => pod,
  container: ({ container }) => container,
  resource_id: ({ resourceId }) => resourceId,
  persistentvolumeclaim: ({ persistentVolumeClaim }) => persistentVolumeClaim,
  interface: (names) => names.interface,
  make: ({ make }) => make,
  model: ({ model }) => model,
  accelerator_id: ({ acceleratorId }) => acceleratorId,
};

const NO_LABELS: Labels = {};
const labelNames = new Map<string, ReadonlyArray<readonly [string, (names: ObjectNames) => string | undefined]>>();
const metrics = new Map<string, ExportedMetric | undefined>();

/** Whether rows of a table belong to objects of several levels. */
export function isPartTable(table: TableName): boolean {
  return PART_LABELS[table] !== undefined;
}

/** How a metric of a level is sent; undefined if the catalogue does not know it. */
export function exportedMetric(metric: string, level: MetricLevel): ExportedMetric | undefined {
  const key = `${level} ${metric}`;
  if (!metrics.has(key)) {
    // Applications name metrics of their own: what is kept of them must not grow without bound.
    if (metrics.size > 10_000) {
      metrics.clear();
    }
    metrics.set(key, describeExport(metric, level));
  }
  return metrics.get(key);
}

function describeExport(metric: string, level: MetricLevel): ExportedMetric | undefined {
  const definition = describeMetric(metric);
  if (!definition || !definition.levels.includes(level)) {
    return undefined;
  }
  return {
    name: prometheusName(definition, level),
    type: definition.kind === 'cumulative' ? 'counter' : 'gauge',
    help: definition.description,
    unit: baseUnit(definition.unit),
    divisor: exportDivisor(definition.unit),
  };
}

/** What values of a unit are divided by to be in Prometheus' base unit: whole, so that nothing is lost to rounding twice. */
export function exportDivisor(unit: Unit): number {
  return Math.round(1 / prometheusScale(unit));
}

function baseUnit(unit: Unit): string {
  const units: Partial<Record<Unit, string>> = { millicores: 'cores', bytes: 'bytes', ns: 'seconds', ms: 'seconds' };
  return units[unit] ?? (unit === 'share' || unit === 'percent' ? 'ratio' : '');
}

/** The series that says of each object of a level that it is there, with what the API server knows of it. */
export function infoMetric(level: MetricLevel): ExportedMetric {
  const key = `${level} info`;
  let metric = metrics.get(key);
  if (!metric) {
    const help = `Always 1 while the ${level} is there; carries what Kubernetes says of it as labels.`;
    metrics.set(key, (metric = { name: infoName(level), type: 'info', help, unit: '', divisor: 1 }));
  }
  return metric;
}

export function infoName(level: MetricLevel): string {
  return `heapscope_${level}_info`;
}

/** The labels of the series of an object. */
export function labelsOfObject(table: TableName, level: MetricLevel, names: ObjectNames): LabelPairs {
  const pairs: string[] = [];
  for (const [name, valueOf] of labelNamesOf(table, level)) {
    const value = valueOf(names);
    if (value !== undefined && value !== '') {
      pairs.push(name, value);
    }
  }
  return pairs;
}

/** The labels of the info series of an object: those of its other series, uid, host network, and its Kubernetes labels. */
export function labelsOfInfo(level: MetricLevel, names: ObjectNames): LabelPairs {
  const pairs = [...labelsOfObject(level, level, names)];
  const entries: Array<[string, string]> = [];
  for (let index = 0; index < pairs.length; index += 2) {
    entries.push([pairs[index], pairs[index + 1]]);
  }
  if (names.uid) {
    entries.push(['uid', names.uid]);
  }
  if (names.hostNetwork !== undefined) {
    entries.push(['host_network', String(names.hostNetwork)]);
  }
  // Containers carry the labels of their pod: they are found there.
  entries.push(...kubernetesLabels(level === 'container' ? NO_LABELS : (names.labels ?? NO_LABELS)));
  return entries.sort(([one], [other]) => (one < other ? -1 : 1)).flat();
}

/** Kubernetes labels under names that Prometheus takes. Of two keys that become the same name, the first one counts. */
function kubernetesLabels(labels: Labels): Array<[string, string]> {
  const keys = Object.keys(labels).sort();
  if (keys.length === 0) {
    return [];
  }
  const entries = new Map<string, string>();
  for (const key of keys) {
    const name = labelName(key);
    if (!entries.has(name)) {
      entries.set(name, labels[key]);
    }
  }
  return [[LABEL_KEYS, `,${keys.join(',')},`], ...[...entries].filter(([, value]) => value !== '')];
}

/** The name that a Kubernetes label has in Prometheus, as kube-state-metrics writes it: `app.kubernetes.io/name` is `label_app_kubernetes_io_name`. */
export function labelName(key: string): string {
  const name = `label_${key.replace(/[^A-Za-z0-9_]/g, '_')}`;
  return name === LABEL_KEYS ? `${name}_` : name;
}

/** Whether two rows of a table have the same labels in their series. */
export function sameLabels(table: TableName, level: MetricLevel, one: ObjectNames, other: ObjectNames): boolean {
  return one === other || labelNamesOf(table, level).every(([, valueOf]) => valueOf(one) === valueOf(other));
}

/** Whether two rows have the same labels in their info series. */
export function sameInfo(level: MetricLevel, one: ObjectNames, other: ObjectNames): boolean {
  return (
    one === other ||
    (sameLabels(level, level, one, other) &&
      one.uid === other.uid &&
      one.hostNetwork === other.hostNetwork &&
      (level === 'container' || sameTexts(one.labels ?? NO_LABELS, other.labels ?? NO_LABELS)))
  );
}

function sameTexts(one: Labels, other: Labels): boolean {
  const keys = Object.keys(one);
  return one === other || (keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]));
}

function labelNamesOf(table: TableName, level: MetricLevel) {
  const key = `${table} ${level}`;
  let found = labelNames.get(key);
  if (!found) {
    const names = [...prometheusLabels({}, level), ...(PART_LABELS[table] ?? [])].sort();
    labelNames.set(key, (found = names.map((name) => [name, VALUES[name]] as const)));
  }
  return found;
}
