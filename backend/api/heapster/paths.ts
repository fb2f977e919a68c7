import { HeapsterError } from './answers.ts';
import type { Entity, HeapsterLevel } from './entities.ts';

/** What a path asks for. */
export type PathKind = 'list' | 'names' | 'points' | 'aggregates' | 'pod-points' | 'pod-aggregates' | 'keys';

/** A path that is known, with the names in it. */
export interface KnownPath {
  readonly kind: PathKind;
  /** Of lists, the level of what is listed; otherwise that of the entity. */
  readonly level: HeapsterLevel;
  readonly names: Readonly<Partial<Record<ParameterName, string>>>;
}

type ParameterName =
  | 'node'
  | 'namespace'
  | 'pod'
  | 'container'
  | 'uid'
  | 'pods'
  | 'uids'
  | 'aggregations'
  /** The rest of the path, slashes included. */
  | 'metric';

type Pattern = readonly [path: string, kind: PathKind, level: HeapsterLevel];

const POD = 'namespaces/:namespace/pods/:pod';

const ENTITIES: ReadonlyArray<readonly [path: string, level: HeapsterLevel]> = [
  ['', 'cluster'],
  ['nodes/:node/', 'node'],
  ['nodes/:node/freecontainers/:container/', 'sys_container'],
  ['namespaces/:namespace/', 'namespace'],
  [`${POD}/`, 'pod'],
  [`${POD}/containers/:container/`, 'container'],
];
const ENTITIES_BY_UID: typeof ENTITIES = [
  ['pod-id/:uid/', 'pod'],
  ['pod-id/:uid/containers/:container/', 'container'],
];
const BATCHES = ['namespaces/:namespace/pod-list/:pods/'];
const BATCHES_BY_UID = ['pod-id-list/:uids/'];

const LISTS: readonly Pattern[] = [
  ['nodes', 'list', 'node'],
  ['nodes/:node/freecontainers', 'list', 'sys_container'],
  ['namespaces', 'list', 'namespace'],
  ['namespaces/:namespace/pods', 'list', 'pod'],
  [`${POD}/containers`, 'list', 'container'],
];

const readings = (entities: typeof ENTITIES): Pattern[] =>
  entities.flatMap(([path, level]): Pattern[] => [
    [`${path}metrics`, 'names', level],
    [`${path}metrics/*metric`, 'points', level],
  ]);

const aggregations = (entities: typeof ENTITIES): Pattern[] =>
  entities.map(([path, level]) => [`${path}metrics-aggregated/:aggregations/*metric`, 'aggregates', level]);

const batches = (paths: readonly string[]): Pattern[] =>
  paths.map((path) => [`${path}metrics/*metric`, 'pod-points', 'pod']);

/** Paths below `/api/v1/model`. */
export const MODEL_PATHS = compile([
  ...LISTS,
  ...readings(ENTITIES),
  ...batches(BATCHES),
  ['debug/allkeys', 'keys', 'cluster'],
]);

/** Paths below `/api/v1/historical`. */
export const HISTORICAL_PATHS = compile([
  ...LISTS,
  ...readings([...ENTITIES, ...ENTITIES_BY_UID]),
  ...batches([...BATCHES, ...BATCHES_BY_UID]),
  ...aggregations([...ENTITIES, ...ENTITIES_BY_UID]),
  ...[...BATCHES, ...BATCHES_BY_UID].map((path): Pattern => [
    `${path}metrics-aggregated/:aggregations/*metric`,
    'pod-aggregates',
    'pod',
  ]),
]);

interface CompiledPath {
  readonly segments: readonly string[];
  readonly kind: PathKind;
  readonly level: HeapsterLevel;
}

function compile(patterns: readonly Pattern[]): CompiledPath[] {
  return patterns.map(([path, kind, level]) => ({ segments: path.split('/'), kind, level }));
}

/** Finds what a path asks for; a slash at its end changes nothing. Undefined if nobody knows it. */
export function matchPath(paths: readonly CompiledPath[], path: string): KnownPath | undefined {
  const segments = decodePath(path).replace(/^\//, '').replace(/\/$/, '').split('/');
  for (const { segments: pattern, kind, level } of paths) {
    const names = matchSegments(pattern, segments);
    if (names) {
      return { kind, level, names };
    }
  }
  return undefined;
}

/** A path as the client means it. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new HeapsterError(400, '400 Bad Request');
  }
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): KnownPath['names'] | undefined {
  const names: Partial<Record<string, string>> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined || segment === '') {
      return undefined;
    }
    if (expected.startsWith('*')) {
      names[expected.slice(1)] = segments.slice(index).join('/');
      return names;
    }
    if (expected.startsWith(':')) {
      names[expected.slice(1)] = segment;
    } else if (expected !== segment) {
      return undefined;
    }
  }
  return segments.length === pattern.length ? names : undefined;
}

/** The entity a path is about. */
export function entityIn({ level, names }: KnownPath): Entity {
  const { node, namespace, pod, container, uid } = names;
  return { level, node, namespace, pod, container, uid };
}
