import { createHash } from 'node:crypto';
import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';

/** Answers are kept this long, as other aggregated API servers do, and not more than so many of them. */
const KEEP_MS = 10_000;
const MAX_KEPT = 1_000;

/** A review that takes longer than this is none. */
const REVIEW_TIMEOUT_MS = 10_000;

export interface TokenReview {
  readonly authenticated: boolean;
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Whom a SubjectAccessReview is about. */
export interface Subject {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do: with a resource, or with a path that is none. */
export type AccessAsked =
  | { readonly resourceAttributes: ResourceAttributes & { readonly version?: string } }
  | { readonly nonResourceAttributes: { readonly path: string; readonly verb: string } };

/** What a SubjectAccessReview asks about; empty fields mean all, as in Kubernetes. */
export interface ResourceAttributes {
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** `get` if not said. */
  readonly verb?: string;
}

/** Asks the API server who somebody is and what they may do. */
export interface Reviews {
  reviewToken(token: string): Promise<TokenReview>;
  mayGet(user: string, groups: readonly string[], attributes: ResourceAttributes): Promise<boolean>;
  mayAccess(subject: Subject, asked: AccessAsked): Promise<boolean>;
}

export function createReviews(api: ApiClient, clock: Clock): Reviews {
  const tokens = createAnswers<TokenReview>(clock);
  const rights = createAnswers<boolean>(clock);
  const mayAccess: Reviews['mayAccess'] = (subject, asked) =>
    rights.answer(JSON.stringify([subject, asked]), () => askRight(api, subject, asked));
  return {
    reviewToken(token) {
      // The digest stands for the token, so that no token of anybody stays in memory.
      const key = createHash('sha256').update(token).digest('base64');
      return tokens.answer(key, () => askToken(api, token));
    },
    mayAccess,
    mayGet: (user, groups, attributes) =>
      mayAccess({ user, groups }, { resourceAttributes: { ...attributes, verb: attributes.verb ?? 'get' } }),
  };
}

async function askToken(api: ApiClient, token: string): Promise<TokenReview> {
  const answer = await api.json({
    verb: 'create',
    resource: 'tokenreviews.authentication.k8s.io',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
    signal: AbortSignal.timeout(REVIEW_TIMEOUT_MS),
  });
  const status = objectAt(answer, 'status');
  const user = objectAt(status, 'user');
  const authenticated = status.authenticated === true && textAt(user, 'username') !== '';
  return {
    authenticated,
    user: authenticated ? textAt(user, 'username') : '',
    groups: authenticated ? textsOf(user.groups) : [],
    ...(authenticated && textAt(user, 'uid') !== '' ? { uid: textAt(user, 'uid') } : {}),
    ...(authenticated && user.extra !== undefined ? { extra: extraOf(objectAt(user, 'extra')) } : {}),
  };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

function extraOf(extra: JsonObject): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, textsOf(values)]));
}

async function askRight(api: ApiClient, subject: Subject, asked: AccessAsked): Promise<boolean> {
  const answer = await api.json({
    verb: 'create',
    resource: 'subjectaccessreviews.authorization.k8s.io',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { ...subject, ...asked } },
    signal: AbortSignal.timeout(REVIEW_TIMEOUT_MS),
  });
  const status = objectAt(answer, 'status');
  return status.allowed === true && status.denied !== true;
}

/** Answers by question for a short while; a failed question is asked again at once. */
function createAnswers<T>(clock: Clock): { answer(key: string, ask: () => Promise<T>): Promise<T> } {
  const kept = new Map<string, { askedMs: number; answer: Promise<T> }>();
  return {
    answer(key, ask) {
      const nowMs = clock.now();
      const known = kept.get(key);
      if (known && nowMs - known.askedMs < KEEP_MS) {
        return known.answer;
      }
      kept.delete(key);
      if (kept.size >= MAX_KEPT) {
        const [oldest] = kept.keys();
        kept.delete(oldest);
      }
      const entry = { askedMs: nowMs, answer: ask() };
      kept.set(key, entry);
      entry.answer.catch(() => {
        if (kept.get(key) === entry) {
          kept.delete(key);
        }
      });
      return entry.answer;
    },
  };
}
