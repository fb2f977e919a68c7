import type { IncomingMessage } from 'node:http';
import { clientCertificateOf, isVouchedFor, readBundle, type ClientCertificate } from './clientCertificate.ts';
import { reviewFailed, unauthorized } from './statusFailure.ts';
import type { AccessReviewer, ClientTrust, Identity } from './types.ts';

const LONGEST_TOKEN = 16_384;
const ANONYMOUS = 'system:anonymous';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

export interface IdentityOptions {
  readonly reviewer: AccessReviewer;
  /** Whom the cluster tells to trust, as last read; undefined while that is not known. The same object until it changes. */
  readonly trust: () => ClientTrust | undefined;
  readonly nowMs: () => number;
}

type Authorities = ReturnType<typeof readBundle>;

/**
 * Finds out who asks, in the order of Kubernetes: the aggregator that speaks for somebody, a client certificate, a
 * bearer token. Rejects with 401 for everybody else, and with 503 when the cluster cannot be asked.
 */
export function createIdentification(options: IdentityOptions): (request: IncomingMessage) => Promise<Identity> {
  const bundles = new WeakMap<ClientTrust, { requestHeader: Authorities; client: Authorities }>();
  const bundlesOf = (trust: ClientTrust) => {
    let known = bundles.get(trust);
    if (!known) {
      known = { requestHeader: readBundle(trust.requestHeaderCa), client: readBundle(trust.clientCa) };
      bundles.set(trust, known);
    }
    return known;
  };
  return async (request) => {
    const certificate = clientCertificateOf(request);
    const trust = options.trust();
    if (trust && typeof certificate === 'object') {
      const { requestHeader, client } = bundlesOf(trust);
      const nowMs = options.nowMs();
      const spokenFor = isVouchedFor(certificate, requestHeader, nowMs) && mayName(certificate, trust);
      const identity =
        (spokenFor ? namedByHeaders(request, trust) : undefined) ??
        (isVouchedFor(certificate, client, nowMs) ? namedByCertificate(certificate) : undefined);
      if (identity) {
        return withItsGroup(identity);
      }
    }
    const token = bearerToken(request.headers.authorization);
    const reviewed = token === undefined ? undefined : await review(options.reviewer, token);
    if (!reviewed) {
      throw unauthorized();
    }
    return withItsGroup(reviewed);
  };
}

/** Whoever is known is in the group of all who are, also where nobody said so: the aggregator speaks for itself without. */
function withItsGroup(identity: Identity): Identity {
  const { user, groups } = identity;
  const isSaid = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED);
  return user === ANONYMOUS || isSaid ? identity : { ...identity, groups: [...groups, AUTHENTICATED] };
}

async function review(reviewer: AccessReviewer, token: string): Promise<Identity | undefined> {
  try {
    return await reviewer.reviewToken(token);
  } catch (error) {
    throw reviewFailed(error);
  }
}

function mayName({ commonName }: ClientCertificate, { allowedNames }: ClientTrust): boolean {
  return allowedNames.length === 0 || allowedNames.includes(commonName);
}

/** Whom the aggregator speaks for; undefined if it names nobody. */
function namedByHeaders(request: IncomingMessage, trust: ClientTrust): Identity | undefined {
  const valuesOf = (names: readonly string[]): string[] =>
    names.flatMap((name) => request.headersDistinct[name.toLowerCase()] ?? []).map(textOf);
  const user = valuesOf(trust.usernameHeaders).find((name) => name !== '');
  if (user === undefined) {
    return undefined;
  }
  const uid = valuesOf(trust.uidHeaders).find((text) => text !== '');
  const extra = extraOf(request, trust.extraHeaderPrefixes);
  return {
    user,
    ...(uid === undefined ? {} : { uid }),
    groups: valuesOf(trust.groupHeaders),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function extraOf(request: IncomingMessage, prefixes: readonly string[]): Record<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [header, values = []] of Object.entries(request.headersDistinct)) {
    for (const prefix of prefixes) {
      if (prefix !== '' && header.startsWith(prefix.toLowerCase())) {
        const key = unescaped(header.slice(prefix.length));
        extra.set(key, [...(extra.get(key) ?? []), ...values.map(textOf)]);
      }
    }
  }
  return Object.fromEntries(extra);
}

/** Keys of extras are escaped, since header names may not hold everything. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
}

/** Header values come byte by byte; names are UTF-8. */
function textOf(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8');
}

function namedByCertificate({ commonName, organizations }: ClientCertificate): Identity | undefined {
  return commonName === '' ? undefined : { user: commonName, groups: organizations };
}

function bearerToken(header: string | undefined): string | undefined {
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header ?? '') ?? [];
  return token !== undefined && token.length <= LONGEST_TOKEN ? token : undefined;
}
