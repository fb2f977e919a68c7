import type { Parsed } from './values.ts';

/** Headings under which `--help` and the documentation list the settings. */
export const GROUPS = {
  cluster: 'Cluster',
  kubelet: 'Kubelets',
  collection: 'Collection and recent history',
  history: 'History on disk',
  remote: 'Other engines',
  server: 'Server',
  auth: 'Access',
  metricsapi: 'metrics.k8s.io',
  heapster: "Heapster's face",
  log: 'Log',
} as const;

export type SettingGroup = keyof typeof GROUPS;

/** One setting: everything that flags, environment, file, `--help` and the documentation know about it. */
export interface Setting<T> {
  readonly group: SettingGroup;
  /** How `--help` shows the value (`DURATION`); `''` for a switch that needs none. */
  readonly shape: string;
  readonly description: string;
  readonly parse: (text: string) => Parsed<T>;
  /** As a person would write it. Without one the value may be undefined. */
  readonly default?: string;
  /** Said in place of `default` where the default depends on something. */
  readonly defaultWords?: string;
  /** `joined`: may be given more than once. `counted`: all are kept, so that two can be refused. Otherwise the last one counts. */
  readonly repeatable?: 'joined' | 'counted';
  /** In the file it may also be a mapping, which is handed on as its JSON. */
  readonly structured?: true;
  /** Heapster had this flag. */
  readonly heapster?: true;
  /** Read from the environment only, and never shown. */
  readonly secret?: true;
}

/** Type of a setting's value once defaults are in. */
export type ValueOf<S> = S extends { readonly parse: (text: string) => Parsed<infer T> }
  ? S extends { readonly default: string }
    ? T
    : T | undefined
  : never;

/** Where a value was found. */
export type Origin = 'flag' | 'environment' | 'file';

/** A value as somebody gave it, before it is parsed. */
export interface Given {
  /** Name of the setting. */
  readonly name: string;
  readonly text: string;
  readonly origin: Origin;
  /** As the person wrote it, for sentences: `--listen-ip=1.2.3`, `HEAPSCOPE_LISTEN_IP=1.2.3`, `listen-ip: 1.2.3 in FILE`. */
  readonly shown: string;
}

/** Name of the environment variable of a setting. */
export function environmentName(setting: string): string {
  return `HEAPSCOPE_${setting.toUpperCase().replaceAll('-', '_')}`;
}

/** `_` and `-` are the same in names. */
export function canonicalName(name: string): string {
  return name.replaceAll('_', '-');
}

/** The known name that is nearest to a mistyped one; undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions and replacements between two words; `enough` is answered as soon as it is reached. */
function editDistance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough || a.length > 100) {
    return enough;
  }
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return Math.min(row[b.length], enough);
}
