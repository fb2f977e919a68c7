import { createHash } from 'node:crypto';
import { HeapscopeError } from '../errors.ts';
import type { Scope } from './scope.ts';

/** Whom the cluster takes the owner of a token for. */
export interface ReviewedUser {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A right that is asked about, in the words of a SubjectAccessReview. */
export interface RightAsked {
  readonly verb: 'get' | 'list';
  readonly resource: 'nodes' | 'pods';
  readonly subresource?: 'metrics';
  /** Without one: in all namespaces. */
  readonly namespace?: string;
}

/** Asks the cluster (TokenReview, SubjectAccessReview). Rejects with a sentence when the cluster does not answer. */
export interface TokenReviewer {
  /** Undefined: the cluster does not know the token. */
  reviewToken(token: string): Promise<ReviewedUser | undefined>;
  mayDo(user: ReviewedUser, right: RightAsked): Promise<boolean>;
}

export interface KubernetesCheckOptions {
  readonly reviewer: TokenReviewer;
  /** Names of the namespaces there are now. */
  readonly namespaces: () => readonly string[];
  readonly now: () => number;
}

const KNOWN_FOR_MS = 60_000;
const UNKNOWN_FOR_MS = 10_000;
const CACHE_ENTRIES = 1_000;
const MOST_NAMESPACES = 2_000;
const REVIEWS_AT_ONCE = 10;

interface Entry {
  readonly answer: Promise<Scope | undefined>;
  untilMs: number;
}

/**
 * Checks Kubernetes tokens: `get nodes/metrics` or `list pods` everywhere shows all, `list pods` in a namespace shows
 * that namespace. Answers are kept for a minute (refusals ten seconds), failures of the cluster are not.
 */
export function createKubernetesCheck(options: KubernetesCheckOptions): (token: string) => Promise<Scope | undefined> {
  const cache = new Map<string, Entry>();
  return (token) => {
    const nowMs = options.now();
    const key = createHash('sha256').update(token).digest('base64');
    const held = cache.get(key);
    if (held && held.untilMs > nowMs) {
      return held.answer;
    }
    const entry: Entry = { answer: review(token, options), untilMs: nowMs + KNOWN_FOR_MS };
    makeRoom(cache, nowMs);
    cache.set(key, entry);
    entry.answer.then(
      (scope) => {
        entry.untilMs = scope ? entry.untilMs : nowMs + UNKNOWN_FOR_MS;
      },
      (error: unknown) => {
        const refused = error instanceof HeapscopeError && error.code === 'forbidden';
        entry.untilMs = refused ? nowMs + UNKNOWN_FOR_MS : 0;
      }
    );
    return entry.answer;
  };
}

function makeRoom(cache: Map<string, Entry>, nowMs: number): void {
  if (cache.size < CACHE_ENTRIES) {
    return;
  }
  for (const [key, entry] of cache) {
    if (entry.untilMs <= nowMs) {
      cache.delete(key);
    }
  }
  const [oldest] = cache.keys();
  if (cache.size >= CACHE_ENTRIES && oldest !== undefined) {
    cache.delete(oldest);
  }
}

async function review(token: string, { reviewer, namespaces }: KubernetesCheckOptions): Promise<Scope | undefined> {
  const user = await reviewer.reviewToken(token);
  if (user === undefined) {
    return undefined;
  }
  const everywhere =
    (await reviewer.mayDo(user, { verb: 'get', resource: 'nodes', subresource: 'metrics' })) ||
    (await reviewer.mayDo(user, { verb: 'list', resource: 'pods' }));
  if (everywhere) {
    return { namespaces: 'all' };
  }
  const allowed = await allowedNamespaces(user, reviewer, namespaces());
  if (allowed.length === 0) {
    throw new HeapscopeError(
      'forbidden',
      `${user.username} may not see metrics. Allow \`get\` on \`nodes/metrics\`, or \`list\` on \`pods\` in the namespaces to see.`
    );
  }
  return { namespaces: allowed };
}

async function allowedNamespaces(
  user: ReviewedUser,
  reviewer: TokenReviewer,
  names: readonly string[]
): Promise<string[]> {
  if (names.length > MOST_NAMESPACES) {
    throw new HeapscopeError(
      'forbidden',
      `${names.length} namespaces are too many to check one by one for ${user.username}. Allow \`get\` on \`nodes/metrics\`.`
    );
  }
  const allowed: string[] = [];
  const waiting = [...names].reverse();
  const work = async (): Promise<void> => {
    for (let namespace = waiting.pop(); namespace !== undefined; namespace = waiting.pop()) {
      if (await reviewer.mayDo(user, { verb: 'list', resource: 'pods', namespace })) {
        allowed.push(namespace);
      }
    }
  };
  await Promise.all(Array.from({ length: REVIEWS_AT_ONCE }, work));
  return allowed.sort();
}
