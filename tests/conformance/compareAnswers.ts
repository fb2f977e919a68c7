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
import type { ClusterFacts } from '../../backend/api/heapster/types.ts';
import { currentName } from '../../backend/api/heapster/values.ts';
import type { Answer } from './ask.ts';
import type { OwnSets } from './compareBatches.ts';
import { compareExports, compareResources, faultOfResources } from './compareNewest.ts';
import { compareNames } from './compareNames.ts';
import { comparePoints, type PointContext } from './comparePoints.ts';
import { compareSchemas } from './compareSchemas.ts';
import { parseExact, type ExactValue } from './exactJson.ts';
import type { Departure } from './findings.ts';
import { difference, isSame } from './isSame.ts';
import type { Kit, RecordedRequest } from './kit.ts';
import { expectedHistory, expectedList } from './ownAnswers.ts';

/** What is known of a run when its requests are asked. */
export interface RunContext extends PointContext {
  readonly kit: Kit;
  /** What the API server says when a request is asked. */
  readonly facts: ClusterFacts;
  /** What the newest round holds, with the labels that objects have when a request is asked. */
  readonly newest: OwnSets;
  /** The newest batch of Heapster was not the newest in time. */
  readonly lastIsLate: boolean;
}

/** Compares the answer to a request with the recorded one. */
export function compareAnswer(request: RecordedRequest, ours: Answer, context: RunContext): void {
  const { findings } = context;
  const reason =
    departureOfPage(request, ours, context) ??
    compareHistorical(request, ours, context) ??
    differenceOf(request, ours, context);
  if (reason === undefined) {
    findings.agree();
  } else if (reason in context.departures) {
    findings.depart(reason as Departure);
  } else {
    findings.differ(`${request.name} (${request.method} ${request.path}): ${reason}`);
  }
}

/** Pages that are ours by design; of the other version's resource metrics API what the newest round does not hold. */
function departureOfPage(
  { path, status, body = '' }: RecordedRequest,
  ours: Answer,
  context: RunContext
): string | undefined {
  const [bare] = path.split('?');
  if (/^\/(metrics)?$/.test(bare) && !(status === ours.status && body === ours.body)) {
    return 'pages';
  }
  if (body === NOT_FOUND && ours.body !== body && /^\/apis\/metrics(\.k8s\.io)?\/v1alpha1\b/.test(bare)) {
    const own = isOlder(context) ? '/apis/metrics/' : '/apis/metrics.k8s.io/';
    if (bare.startsWith(own)) {
      return undefined;
    }
    const selector = readParameters(path)('labelSelector') ?? '';
    return (ours.status === 200 ? faultOfResources(parseExact(ours.body), selector, context) : undefined) ?? 'groups';
  }
  return undefined;
}

const NOT_FOUND = '404 page not found\n';
/** What InfluxDB 1.x made of lists and of uids. */
const BROKEN_LIST = /^(\[\s*"(nodename|namespace_name)"\s*\]|Unable to list .*)\s*$/;
const BROKEN_UID = /^No results for metric /;

/**
 * Answers of the historical API that Heapster did not have, or broke. Ours has to be what the rounds say: the departure,
 * or a sentence. Undefined where the recorded one is to be compared.
 */
function compareHistorical(
  { method, path, at, body = '' }: RecordedRequest,
  ours: Answer,
  { own }: RunContext
): string | undefined {
  const [bare] = path.split('?');
  const known = bare.startsWith(`${ROOTS.historical}/`) ? knownPath(bare) : undefined;
  const isBroken =
    body === NOT_FOUND ||
    (/\/(nodes|namespaces|pods|freecontainers)\/?$/.test(bare) && BROKEN_LIST.test(body)) ||
    (/\/pod-id(-list)?\//.test(bare) && BROKEN_UID.test(body));
  if (!known || !isBroken || ours.body === body || method !== 'GET') {
    return undefined;
  }
  const expected = expectedHistory(own, known, path, Date.parse(at));
  if (ours.status !== expected.status) {
    return `status ${ours.status} instead of ${expected.status}: ${ours.body.slice(0, 200)}`;
  }
  if (expected.value === undefined) {
    return ours.body === expected.text ? 'historical' : `${ours.body.slice(0, 300)} instead of ${expected.text}`;
  }
  if (ours.contentType !== 'application/json') {
    return `content type ${ours.contentType} instead of application/json`;
  }
  const told = parseExact(ours.body);
  return isSame(told, expected.value) ? 'historical' : difference(told, expected.value);
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
    return compareSchemas(ours, theirs, isOlder(context));
  }
  if (bare.startsWith(ROOTS.export)) {
    return compareExports(ours, theirs, context);
  }
  const path = knownPath(bare);
  if (!path) {
    const selector = readParameters(request.path)('labelSelector') ?? '';
    return compareResources(ours, theirs, selector, context);
  }
  const isHistorical = bare.startsWith(ROOTS.historical);
  if (path.kind === 'list' || path.kind === 'keys') {
    return compareLists(path, ours, theirs, isHistorical, context);
  }
  if (path.kind === 'names') {
    return compareNames(heapsterKey(entityIn(path)), ours, theirs, isHistorical, context);
  }
  const asked = {
    keys: keysOf(path),
    metric: currentName(path.names.metric ?? '') + askedLabels(request.path),
    isHistorical,
    isFromStart: readParameters(request.path)('start') !== undefined,
  };
  const found = comparePoints(asked, ours, theirs, context);
  if (found !== undefined && (path.kind === 'aggregates' || path.kind === 'pod-aggregates')) {
    const expected = expectedHistory(context.own, path, request.path, Date.parse(request.at));
    return isSame(ours, expected.value ?? null) ? found : difference(ours, expected.value ?? null);
  }
  return found;
}

/** Lists in any order. Where Heapster took a late batch for the newest, ours has to be that of the newest in time. */
function compareLists(
  path: KnownPath,
  ours: ExactValue,
  theirs: ExactValue,
  isHistorical: boolean,
  { newest, lastIsLate }: RunContext
): string | undefined {
  if (isSame(sorted(ours), sorted(theirs))) {
    return undefined;
  }
  if (!lastIsLate || isHistorical) {
    return difference(ours, theirs);
  }
  const expected = path.kind === 'keys' ? [...newest.keys()].sort() : expectedList([newest], path, false);
  return isSame(sorted(ours), expected) ? 'order' : difference(ours, expected);
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

/** A request about one object that fails in one of the two because a value departs. */
function acceptedStatus(request: RecordedRequest, ours: Answer, context: RunContext): string | undefined {
  const statuses = [ours.status, request.status].sort();
  if (!/^\/apis\/metrics/.test(request.path) || statuses.join() !== '200,404') {
    return undefined;
  }
  const [own, recorded] = [ours, request].map(({ status, body }): ExactValue[] =>
    status === 200 ? [parseExact(body ?? '')] : []
  );
  return compareResources(own, recorded, '', context);
}

function isOlder({ kit }: RunContext): boolean {
  return kit.run.heapster.startsWith('v1.5');
}

function sorted(value: ExactValue): ExactValue {
  return Array.isArray(value) ? ([...value] as string[]).sort() : value;
}
