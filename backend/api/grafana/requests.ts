import type {
  Aggregation,
  Denominator,
  Dimension,
  Filter,
  Level,
  MetricQuery,
  NamesRequest,
  OverTime,
  QueryRequest,
} from '../../contract/grafana.ts';
import { HeapscopeError } from '../../errors.ts';

const LEVELS: readonly Level[] = ['cluster', 'node', 'namespace', 'workload', 'pod', 'container', 'sys_container'];
const AGGREGATIONS: readonly Aggregation[] = ['sum', 'avg', 'min', 'max', 'count'];
const OVER_TIME: readonly OverTime[] = ['avg', 'min', 'max', 'sum', 'last', 'increase', 'p50', 'p95', 'p99'];
const DENOMINATORS: readonly Denominator[] = ['request', 'limit', 'capacity', 'allocatable'];
const OPERATORS = ['=', '!=', 'in', 'notin', '=~', '!~'] as const;
const DIMENSION =
  /^(node|namespace|workload_kind|workload|pod|container|resource_id|persistentvolumeclaim|interface|make|model|accelerator_id|host_network|label:[A-Za-z0-9./_-]{1,317})$/;

const MAX_QUERIES = 100;
const MAX_DATA_POINTS = 11_000;
const DEFAULT_DATA_POINTS = 1000;
const MAX_FILTER_VALUES = 20_000;
const MAX_TEXT = 2000;
const MAX_NAMES = 50_000;
const MAX_TIME_MS = 8.64e15;

const BODY = 'The body (sent as application/json)';

type Json = Record<string, unknown>;

/** Checks the body of `POST query` field by field. Throws `bad_request` naming the parameter. */
export function readQueryRequest(body: unknown): QueryRequest {
  const request = objectOf(body, BODY);
  const queries = listOf(request.queries, 'queries', MAX_QUERIES).map((query, index) => {
    const where = `queries[${index}]`;
    const fields = objectOf(query, where);
    return { ...readMetricQuery(fields, where), refId: textOf(fields.refId, `${where}.refId`) };
  });
  refuseTwins(queries.map(({ refId }) => refId));
  return {
    ...readRange(request),
    maxDataPoints: numberOf(request.maxDataPoints ?? DEFAULT_DATA_POINTS, 'maxDataPoints', 1, MAX_DATA_POINTS),
    intervalMs: numberOf(request.intervalMs ?? 0, 'intervalMs', 0, MAX_TIME_MS),
    queries,
  };
}

/** Checks the body of `POST names`. Throws `bad_request` naming the parameter. */
export function readNamesRequest(body: unknown): NamesRequest {
  const request = objectOf(body, BODY);
  const dimension = textOf(request.dimension, 'dimension');
  return {
    ...readRange(request),
    dimension: dimension === 'label_keys' ? dimension : dimensionOf(dimension, 'dimension'),
    ...optional('level', request.level, (value) => oneOf(value, LEVELS, 'level')),
    filters: readFilters(request.filters, 'filters'),
    ...optional('match', request.match, (value) => textOf(value, 'match')),
    ...optional('limit', request.limit, (value) => wholeNumberOf(value, 'limit', 1, MAX_NAMES)),
  };
}

/** Answers are told apart by the refId of their query. */
function refuseTwins(refIds: readonly string[]): void {
  const twin = refIds.find((refId, index) => refIds.indexOf(refId) !== index);
  if (twin !== undefined) {
    throw badRequest(`queries has two of the refId ${shown(twin)}; each needs its own.`);
  }
}

function readMetricQuery(query: Json, where: string): MetricQuery {
  return {
    level: oneOf(query.level, LEVELS, `${where}.level`),
    metric: textOf(query.metric, `${where}.metric`),
    filters: readFilters(query.filters, `${where}.filters`),
    groupBy: listOf(query.groupBy ?? [], `${where}.groupBy`, 20).map((value) => dimensionOf(value, `${where}.groupBy`)),
    ...optional('aggregation', query.aggregation, (value) => oneOf(value, AGGREGATIONS, `${where}.aggregation`)),
    ...optional('overTime', query.overTime, (value) => oneOf(value, OVER_TIME, `${where}.overTime`)),
    ...optional('denominator', query.denominator, (value) => oneOf(value, DENOMINATORS, `${where}.denominator`)),
    ...optional('format', query.format, (value) => oneOf(value, ['timeseries', 'table'] as const, `${where}.format`)),
    ...optional('limit', query.limit, (value) => readLimit(objectOf(value, `${where}.limit`), `${where}.limit`)),
  };
}

function readLimit(limit: Json, where: string): NonNullable<MetricQuery['limit']> {
  return {
    count: wholeNumberOf(limit.count, `${where}.count`, 1, MAX_DATA_POINTS),
    order: oneOf(limit.order, ['top', 'bottom'] as const, `${where}.order`),
    ...optional('by', limit.by, (value) => oneOf(value, ['avg', 'max', 'last'] as const, `${where}.by`)),
  };
}

function readFilters(value: unknown, where: string): Filter[] {
  return listOf(value ?? [], where, 50).map((item, index) => {
    const at = `${where}[${index}]`;
    const filter = objectOf(item, at);
    if (filter.labelSelector !== undefined) {
      return { labelSelector: textOf(filter.labelSelector, `${at}.labelSelector`) };
    }
    return {
      dimension: dimensionOf(filter.dimension, `${at}.dimension`),
      operator: oneOf(filter.operator, OPERATORS, `${at}.operator`),
      values: listOf(filter.values, `${at}.values`, MAX_FILTER_VALUES).map((text) => textOf(text, `${at}.values`)),
    };
  });
}

function readRange({ fromMs, toMs }: Json): { fromMs: number; toMs: number } {
  const range = { fromMs: numberOf(fromMs, 'fromMs', 0, MAX_TIME_MS), toMs: numberOf(toMs, 'toMs', 0, MAX_TIME_MS) };
  if (range.toMs < range.fromMs) {
    throw badRequest(`toMs (${range.toMs}) lies before fromMs (${range.fromMs}).`);
  }
  return range;
}

function objectOf(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`${where} must be a JSON object.`);
  }
  return value as Json;
}

function listOf(value: unknown, where: string, most: number): unknown[] {
  if (!Array.isArray(value)) {
    throw badRequest(`${where} must be a list.`);
  }
  if (value.length > most) {
    throw badRequest(`${where} has ${value.length} items; at most ${most} are allowed.`);
  }
  return value;
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value.length > MAX_TEXT) {
    throw badRequest(`${where} must be a text of at most ${MAX_TEXT} characters.`);
  }
  return value;
}

function numberOf(value: unknown, where: string, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw badRequest(`${where} must be a number from ${least} to ${most}.`);
  }
  return value;
}

function wholeNumberOf(value: unknown, where: string, least: number, most: number): number {
  const number = numberOf(value, where, least, most);
  if (!Number.isInteger(number)) {
    throw badRequest(`${where} is ${number}; it must be a whole number.`);
  }
  return number;
}

function oneOf<Value extends string>(value: unknown, possible: readonly Value[], where: string): Value {
  const found = possible.find((candidate) => candidate === value);
  if (found === undefined) {
    throw badRequest(`${where} is ${shown(value)}; it must be one of ${possible.join(', ')}.`);
  }
  return found;
}

function dimensionOf(value: unknown, where: string): Dimension {
  if (typeof value !== 'string' || !DIMENSION.test(value)) {
    throw badRequest(
      `${where} is ${shown(value)}; it must be node, namespace, workload_kind, workload, pod, container, resource_id, persistentvolumeclaim, interface, make, model, accelerator_id, host_network or label:KEY.`
    );
  }
  return value as Dimension;
}

function optional<Key extends string, Value>(
  key: Key,
  value: unknown,
  read: (value: unknown) => Value
): Partial<Record<Key, Value>> {
  return value === undefined || value === null ? {} : ({ [key]: read(value) } as Record<Key, Value>);
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);
}

function badRequest(sentence: string): HeapscopeError {
  return new HeapscopeError('bad_request', sentence);
}
