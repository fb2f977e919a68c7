import { heapsterKey } from '../../backend/api/heapster/entities.ts';
import { ROOTS } from '../../backend/api/heapster/cleanPath.ts';
import {
  entityIn,
  HISTORICAL_PATHS,
  matchPath,
  MODEL_PATHS,
  type KnownPath,
} from '../../backend/api/heapster/paths.ts';
import { readParameters } from '../../backend/api/heapster/parameters.ts';
import { currentName } from '../../backend/api/heapster/values.ts';
import type { Answer } from './ask.ts';
import type { Accepted } from './compareBatches.ts';
import { comparePoints, type PointContext } from './comparePoints.ts';
import { parseExact, type ExactValue } from './exactJson.ts';
import { departureOfSet, type ExportedSet } from './compareExport.ts';
import type { Departure } from './findings.ts';
import type { Kit, RecordedRequest } from './kit.ts';

/** What is known of a run when its requests are asked. */
export interface RunContext extends PointContext {
  readonly kit: Kit;
  /** Metric names of each key, by time. */
  readonly own: ReadonlyMap<number, ReadonlyMap<string, ReadonlySet<string>>>;
  /** The newest batch of Heapster was not the newest in time. */
  readonly lastIsLate: boolean;
}

/** Compares the answer to a request with the recorded one. */
export function compareAnswer(request: RecordedRequest, ours: Answer, context: RunContext): void {
  const { findings } = context;
  const known = departureOfPage(request, ours, context);
  if (known) {
    findings.depart(known);
    return;
  }
  const reason = differenceOf(request, ours, context);
  if (reason === undefined) {
    findings.agree();
  } else if (reason in context.departures) {
    findings.depart(reason as Departure);
  } else {
    findings.differ(`${request.name} (${request.method} ${request.path}): ${reason}`);
  }
}

/** Pages that are ours by design, whatever they say. */
function departureOfPage(
  { path, status, body = '' }: RecordedRequest,
  ours: Answer,
  { kit }: RunContext
): Departure | undefined {
  const [bare] = path.split('?');
  if (/^\/(metrics)?$/.test(bare) && !(status === ours.status && body === ours.body)) {
    return 'pages';
  }
  if (body === '404 page not found\n' && ours.body !== body && /^\/apis\/metrics(\.k8s\.io)?\/v1alpha1\b/.test(bare)) {
    const own = kit.run.heapster.startsWith('v1.5') ? '/apis/metrics/' : '/apis/metrics.k8s.io/';
    return bare.startsWith(own) ? undefined : 'groups';
  }
  if (bare.startsWith(`${ROOTS.historical}/`)) {
    const isOff = body === '404 page not found\n' && ours.body !== body;
    const isList = /\/(nodes|namespaces|pods|freecontainers)\/?$/.test(bare);
    const isByUid = /\/pod-id(-list)?\//.test(bare) && status === 500 && ours.body !== body;
    return isOff || isByUid || (isList && ours.status === 200) ? 'historical' : undefined;
  }
  return undefined;
}

/** Why two answers are not the same: a departure, or a sentence; undefined if they are. */
function differenceOf(request: RecordedRequest, ours: Answer, context: RunContext): string | undefined {
  if (ours.status !== request.status) {
    return (
      acceptedStatus(request, ours, context) ??
      `status ${ours.status} instead of ${request.status}: ${ours.body.slice(0, 200)}`
    );
  }
  if (ours.contentType !== (request.contentType ?? '')) {
    return `content type ${ours.contentType} instead of ${request.contentType}`;
  }
  if (ours.contentEncoding !== request.contentEncoding) {
    return `content encoding ${ours.contentEncoding} instead of ${request.contentEncoding}`;
  }
  const theirs = request.body ?? '';
  if (ours.body === theirs) {
    return undefined;
  }
  if (request.contentType !== 'application/json') {
    return `body ${JSON.stringify(ours.body.slice(0, 300))} instead of ${JSON.stringify(theirs.slice(0, 300))}`;
  }
  const layouts = new Set([layoutOf(ours.body), layoutOf(theirs)]);
  if (layouts.size > 1 && !layouts.has('empty')) {
    return 'the JSON is laid out otherwise';
  }
  return compareJson(request, parseExact(ours.body), parseExact(theirs), context);
}

/** What is typical of how an answer is written: its first line and its end. */
function layoutOf(body: string): string {
  const isIndented = /^[[{]\n {2}\S/.test(body);
  const isEmpty = /^(\[\]|null)\s*$/.test(body);
  return isEmpty ? 'empty' : `${isIndented ? 'indented' : 'compact'} ${body.endsWith('\n') ? 'line' : 'open'}`;
}

function compareJson(
  request: RecordedRequest,
  ours: ExactValue,
  theirs: ExactValue,
  context: RunContext
): string | undefined {
  const [bare] = request.path.split('?');
  if (bare.startsWith(ROOTS.exportSchema)) {
    return isSame(withoutDescriptions(ours), withoutDescriptions(theirs))
      ? 'descriptions'
      : schemaDifference(ours, theirs, context);
  }
  if (bare.startsWith(ROOTS.export)) {
    return compareSets(ours, theirs, (entry) => JSON.stringify((entry as unknown as ExportedSet).labels), context);
  }
  const path = knownPath(bare);
  if (!path) {
    return compareSets(itemsOf(ours), itemsOf(theirs), resourceName, context);
  }
  if (path.kind === 'list' || path.kind === 'keys') {
    return isSame(sorted(ours), sorted(theirs)) ? undefined : context.lastIsLate ? 'order' : difference(ours, theirs);
  }
  if (path.kind === 'names') {
    return compareNames(heapsterKey(entityIn(path)), ours, theirs, bare.startsWith(ROOTS.historical), context);
  }
  const asked = {
    keys: keysOf(path),
    metric: currentName(path.names.metric ?? '') + askedLabels(request.path),
    isHistorical: bare.startsWith(ROOTS.historical),
    isFromStart: readParameters(request.path)('start') !== undefined,
  };
  return comparePoints(asked, ours, theirs, context);
}

/** The labels of a request as {@link Accepted} has them. */
function askedLabels(path: string): string {
  const labels = readParameters(path)('labels');
  const pairs = labels?.split(',').map((pair) => [pair.split(':', 1)[0], pair.slice(pair.indexOf(':') + 1)]);
  return pairs ? ` ${JSON.stringify(pairs.sort())}` : '';
}

function knownPath(path: string): KnownPath | undefined {
  if (path.startsWith(ROOTS.model)) {
    return matchPath(MODEL_PATHS, path.slice(ROOTS.model.length));
  }
  return path.startsWith(ROOTS.historical)
    ? matchPath(HISTORICAL_PATHS, path.slice(ROOTS.historical.length))
    : undefined;
}

/** Keys an answer is about: those of a list of pods, in its order. */
function keysOf(path: KnownPath): string[] {
  const { namespace, pods } = path.names;
  return pods === undefined
    ? [heapsterKey(entityIn(path))]
    : pods.split(',').map((pod) => heapsterKey({ level: 'pod', namespace, pod }));
}

/** A request that fails in one of the two because a value departs. */
function acceptedStatus({ path }: RecordedRequest, ours: Answer, context: RunContext): string | undefined {
  const [bare] = path.split('?');
  if (
    /^\/apis\/metrics/.test(bare) &&
    ours.status === 404 &&
    acceptedFor(context, `:${bare.split('/').at(-1) ?? ''}`)
  ) {
    return 'fallen';
  }
  return undefined;
}

/** How a value departs in the newest round whose name has this in it; undefined if none does. */
function acceptedFor({ accepted, newestMs }: RunContext, part: string): Departure | undefined {
  return [...accepted].find(([value]) => value.startsWith(`${newestMs} `) && value.includes(part))?.[1];
}

function compareNames(
  key: string,
  ours: ExactValue,
  theirs: ExactValue,
  isHistorical: boolean,
  context: RunContext
): string | undefined {
  const [own, recorded] = [new Set(ours as string[]), new Set(theirs as string[])];
  const missing = [...recorded].filter((name) => !own.has(name));
  const further = [...own].filter((name) => !recorded.has(name));
  const departures = new Set<string>();
  for (const name of missing) {
    const isForeign = isHistorical && isOfOthers(context, key, name);
    departures.add(departureOf(context.accepted, key, name) ?? (isForeign ? 'historical' : `${name} is missing`));
  }
  for (const name of further) {
    const isOld = !isHistorical && timesOf(context, key, name).some((timeMs) => timeMs <= context.shortSinceMs);
    departures.add(isOld ? 'kept' : (departureOf(context.accepted, key, name) ?? `${name} is told beyond`));
  }
  return [...departures].sort(
    (one, other) => Number(one in context.departures) - Number(other in context.departures)
  )[0];
}

function departureOf(accepted: Accepted, key: string, name: string): Departure | undefined {
  return [...accepted].find(([value]) => value.endsWith(` ${key} ${name}`))?.[1];
}

/**
 * InfluxDB named a metric if one object of the kind had it, and some object that carries the name: for a pod also one of
 * its containers, for a node also one of its pods.
 */
function isOfOthers({ own }: RunContext, key: string, name: string): boolean {
  const kindOf = (each: string) => each.replace(/:[^/]*/g, '');
  const having = [...own.values()].flatMap((keys) =>
    [...keys].flatMap(([each, names]) => (names.has(name) ? [each] : []))
  );
  const isWithin = (each: string) => each.startsWith(`${key}/`) || (key.startsWith('node:') && each.includes('/pod:'));
  return !having.includes(key) && having.some((each) => kindOf(each) === kindOf(key)) && having.some(isWithin);
}

function timesOf({ own }: RunContext, key: string, name: string): number[] {
  return [...own].flatMap(([timeMs, keys]) => (keys.get(key)?.has(name) ? [timeMs] : []));
}

/** Compares what comes in any order, entry by entry. */
function compareSets(
  ours: ExactValue,
  theirs: ExactValue,
  nameOf: (entry: ExactValue) => string,
  context: RunContext
): string | undefined {
  if (!Array.isArray(ours) || !Array.isArray(theirs)) {
    return isSame(ours, theirs) ? undefined : context.lastIsLate ? 'order' : difference(ours, theirs);
  }
  if (context.lastIsLate) {
    return 'order';
  }
  const own = new Map(ours.map((entry: ExactValue) => [nameOf(entry), entry]));
  const recorded = new Map(theirs.map((entry: ExactValue) => [nameOf(entry), entry]));
  let departure: string | undefined;
  for (const name of new Set([...own.keys(), ...recorded.keys()])) {
    const [mine, told] = [own.get(name) ?? null, recorded.get(name) ?? null];
    if (!isSame(mine, told)) {
      const found = name.startsWith('{')
        ? departureOfSet(mine, told, context)
        : acceptedFor(context, `:${name.split('/').at(-1) ?? name}`);
      if (!found) {
        return `${name}: ${difference(mine, told)}`;
      }
      departure = found;
    }
  }
  return departure;
}

function isOlder({ kit }: RunContext): boolean {
  return kit.run.heapster.startsWith('v1.5');
}

function itemsOf(value: ExactValue): ExactValue {
  if (typeof value === 'object' && value !== null && 'items' in value) {
    return value.items ?? [];
  }
  return [value];
}

function resourceName(entry: ExactValue): string {
  const { namespace = '', name } = (entry as { metadata: { namespace?: string; name: string } }).metadata;
  return `${namespace}/${name}`;
}

function schemaDifference(ours: ExactValue, theirs: ExactValue, context: RunContext): string {
  return isOlder(context) ? 'version' : difference(withoutDescriptions(ours), withoutDescriptions(theirs));
}

function withoutDescriptions(value: ExactValue): ExactValue {
  return parseExact(JSON.stringify(value, (key, entry: unknown) => (key === 'description' ? undefined : entry)));
}

function sorted(value: ExactValue): ExactValue {
  return Array.isArray(value) ? ([...value] as string[]).sort() : value;
}

const NUMBER_TOLERANCE = 1e-9;
/** `uptime` was read from a clock that the recording knows to 100 ms. */
const UPTIME_TOLERANCE_MS = 100;

/** Whether two values are the same; the entries of `uptime` to 100 ms, and doubles to their last digits. */
export function isSame(ours: ExactValue, theirs: ExactValue, tolerance = 0): boolean {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    return (
      Math.abs(ours - theirs) <=
      Math.max(tolerance, Math.abs(theirs) * (Number.isInteger(theirs) ? 0 : NUMBER_TOLERANCE))
    );
  }
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) {
    return ours === theirs;
  }
  const [own, recorded] = [Object.entries(ours), Object.entries(theirs)];
  const other = theirs as { readonly [key: string]: ExactValue };
  return (
    own.length === recorded.length &&
    own.every(
      ([key, value]) => key in other && isSame(value, other[key], key === 'uptime' ? UPTIME_TOLERANCE_MS : tolerance)
    )
  );
}

function difference(ours: ExactValue, theirs: ExactValue): string {
  const text = (value: ExactValue) =>
    JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? `${entry}` : entry)).slice(0, 400);
  return `${text(ours)} instead of ${text(theirs)}`;
}
