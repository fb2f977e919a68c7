import { RE2JS } from 're2js';
import { HeapscopeError, sentenceOf } from '../errors.ts';
import type { MetricLevel } from '../model/catalogue.ts';
import { prometheusLabels } from '../model/prometheusName.ts';
import type { NamesAnswer, NamesQuery, TimeRange } from '../model/seriesQuery.ts';
import { infoName, LABEL_KEYS } from './exportedNames.ts';
import { selector, type Matcher } from './matchers.ts';
import type { PromApi } from './promApi.ts';
import { infoKeys, promqlLabel } from './promql.ts';
import { remoteFilters, type RemoteFilters } from './queryFilters.ts';
import { wholeRange } from './remoteSteps.ts';

export interface NamesContext {
  /** Conditions on every selector. */
  readonly own: readonly Matcher[];
  readonly resolutionMs: number;
  readonly signal: AbortSignal;
}

const DEFAULT_LIMIT = 10_000;
/** Up to this range names are those of samples; beyond it of blocks, which may list some from shortly before or after. */
const EXACT_RANGE_MS = 24 * 3_600_000;

/** Levels whose objects carry a name, the one with the fewest objects first. */
const LEVELS_OF: Readonly<Record<string, readonly MetricLevel[]>> = {
  node: ['node', 'pod', 'container'],
  namespace: ['namespace', 'workload', 'pod', 'container'],
  workload_kind: ['workload', 'pod', 'container'],
  workload: ['workload', 'pod', 'container'],
  pod: ['pod', 'container'],
  container: ['container'],
  host_network: ['pod'],
};

/** Names of what objects have several of: any series that has the label tells it. */
const PARTS: readonly string[] = [
  'resource_id',
  'persistentvolumeclaim',
  'interface',
  'make',
  'model',
  'accelerator_id',
];

/** The names that existed in a range, sorted. */
export async function remoteNames(
  api: PromApi,
  query: NamesQuery,
  range: TimeRange,
  context: NamesContext
): Promise<NamesAnswer> {
  const filters = remoteFilters(query.filters ?? []);
  if (filters.isEmpty) {
    return { names: [], total: 0 };
  }
  const { label, source, level } = sourceOf(query, filters);
  const wanted = [...(label === LABEL_KEYS ? [] : matchOf(label, query.match)), ...filters.matchers, ...context.own];
  const series = selector(source.name, [...source.matchers, { label, operator: '!=', value: '' }, ...wanted]);
  const isExact = filters.joins.length > 0 || range.toMs - range.fromMs <= EXACT_RANGE_MS;
  const found = isExact
    ? await namesOfSamples(api, label, series, level, filters, range, context)
    : await api.labelValues(label, [series], range, context.signal);
  const names = label === LABEL_KEYS ? keysOf(found, query.match) : found;
  const sorted = [...new Set(names)].sort();
  return { names: sorted.slice(0, query.limit ?? DEFAULT_LIMIT), total: sorted.length };
}

interface NameSource {
  readonly label: string;
  readonly level: MetricLevel;
  readonly source: { readonly name: string; readonly matchers: readonly Matcher[] };
}

/** Which series tell the names of a dimension. */
function sourceOf({ dimension, level }: NamesQuery, filters: RemoteFilters): NameSource {
  if (PARTS.includes(dimension)) {
    const name: Matcher = { label: '__name__', operator: '=~', value: `heapscope_${level ?? '[a-z]+'}_.+` };
    return { label: dimension, level: level ?? 'pod', source: { name: '', matchers: [name] } };
  }
  if (dimension === 'label_keys' || dimension.startsWith('label:')) {
    const owner = level === undefined || level === 'container' ? 'pod' : level;
    const label = dimension === 'label_keys' ? LABEL_KEYS : promqlLabel(dimension);
    return { label, level: owner, source: { name: infoName(owner), matchers: [] } };
  }
  const levels = LEVELS_OF[dimension];
  if (!levels) {
    throw new HeapscopeError('bad_request', `There is no dimension ${JSON.stringify(dimension)}.`);
  }
  const needed = filters.matchers.map(({ label }) => label);
  const isFitting = (candidate: MetricLevel) => {
    const carried = [...prometheusLabels({}, candidate), ...(candidate === 'pod' ? ['host_network'] : [])];
    const isJoined =
      filters.joins.length === 0 || candidate === 'pod' || candidate === 'container' || candidate === level;
    return isJoined && [dimension, ...needed].every((name) => carried.includes(name));
  };
  const fitting = [...(level === undefined ? [] : [level]), ...levels].find(isFitting);
  if (fitting === undefined) {
    const sentence = `The names of ${dimension} cannot be filtered by ${needed.join(', ') || 'labels'}. Remove that filter, or ask for another level.`;
    throw new HeapscopeError('bad_request', sentence);
  }
  return { label: dimension, level: fitting, source: { name: infoName(fitting), matchers: [] } };
}

async function namesOfSamples(
  api: PromApi,
  label: string,
  series: string,
  level: MetricLevel,
  { joins }: RemoteFilters,
  range: TimeRange,
  { own, resolutionMs, signal }: NamesContext
): Promise<string[]> {
  const [whole] = wholeRange(range, resolutionMs).evaluations;
  if (!whole) {
    return [];
  }
  const inRange = (text: string) => `last_over_time(${text}[${whole.windowMs - 1}ms])`;
  let text = inRange(series);
  for (const { operator, alternatives } of joins) {
    const infos = alternatives.map((matchers) =>
      inRange(selector(infoName(level === 'container' ? 'pod' : level), [...matchers, ...own]))
    );
    text = `(${text} ${operator} on (${infoKeys(level).join(', ')}) (${infos.join(' or ')}))`;
  }
  const found = await api.queryAt(`count by (${label}) (${text})`, whole.timesMs, signal);
  return found.flatMap(({ metric }) => metric[label] ?? []);
}

/** The pattern may match anywhere in the name. */
function matchOf(label: string, match: string | undefined): Matcher[] {
  return match ? [{ label, operator: '=~', value: `.*(?:${match}).*` }] : [];
}

/** Label keys stand together in one label: they are taken apart and matched here. */
function keysOf(lists: readonly string[], match: string | undefined): string[] {
  const keys = lists.flatMap((list) => list.split(',').filter((key) => key !== ''));
  if (!match) {
    return keys;
  }
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(match);
  } catch (cause) {
    const sentence = `The regular expression ${JSON.stringify(match)} in match is not valid: ${sentenceOf(cause)}.`;
    throw new HeapscopeError('bad_request', sentence, { cause });
  }
  return keys.filter((key) => pattern.matcher(key).find());
}
