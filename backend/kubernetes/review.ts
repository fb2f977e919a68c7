import { createHash } from 'node:crypto';
import type { ApiClient } from './apiClient.ts';
import type { Clock } from './clock.ts';
import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';

/** Answers are kept this long, as other aggregated API servers do, and not more than so many of them. */
const KEEP_MS = 10_000;
const MAX_KEPT = 1_000;

export interface TokenReview {
  readonly authenticated: boolean;
  readonly user: string;
  readonly groups: readonly string[];
}

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
}

export function createReviews(api: ApiClient, clock: Clock): Reviews {
  const tokens = createAnswers<TokenReview>(clock);
  const rights = createAnswers<boolean>(clock);
  return {
    reviewToken(token) {
      // The digest stands for the token, so that no token of anybody stays in memory.
      const key = createHash('sha256').update(token).digest('base64');
      return tokens.answer(key, () => askToken(api, token));
    },
    mayGet(user, groups, attributes) {
      return rights.answer(JSON.stringify([user, groups, attributes]), () => askRight(api, user, groups, attributes));
    },
  };
}

async function askToken(api: ApiClient, token: string): Promise<TokenReview> {
  const answer = await api.json({
    verb: 'create',
    resource: 'tokenreviews.authentication.k8s.io',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
  });
  const status = objectAt(answer, 'status');
  const user = objectAt(status, 'user');
  const authenticated = status.authenticated === true && textAt(user, 'username') !== '';
  return {
    authenticated,
    user: authenticated ? textAt(user, 'username') : '',
    groups: authenticated ? groupsOf(user) : [],
  };
}

function groupsOf(user: JsonObject): readonly string[] {
  return Array.isArray(user.groups) ? user.groups.filter((group) => typeof group === 'string') : [];
}

async function askRight(
  api: ApiClient,
  user: string,
  groups: readonly string[],
  attributes: ResourceAttributes
): Promise<boolean> {
  const answer = await api.json({
    verb: 'create',
    resource: 'subjectaccessreviews.authorization.k8s.io',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, groups, resourceAttributes: { ...attributes, verb: attributes.verb ?? 'get' } },
    },
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
