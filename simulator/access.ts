/** Somebody who may call the simulated cluster, and what that somebody may do. */
export interface Account {
  token: string;
  username: string;
  groups?: string[];
  /** `all` for a cluster admin. */
  rules: 'all' | readonly AccessRule[];
}

/** What an account may do, in the words of a Kubernetes ClusterRole or, with `namespaces`, of Roles. `*` is anything. */
export interface AccessRule {
  verbs: readonly string[];
  /** Such as `pods`, `nodes/stats`. */
  resources?: readonly string[];
  nonResourceURLs?: readonly string[];
  namespaces?: readonly string[];
}

/** One thing that somebody wants to do. */
export interface AccessRequest {
  verb: string;
  resource?: string;
  namespace?: string;
  path?: string;
}

const ANONYMOUS: Account = { token: '', username: 'system:anonymous', groups: ['system:unauthenticated'], rules: [] };

/** The accounts of a simulated cluster. */
export class Accounts {
  readonly #byToken = new Map<string, Account>();

  constructor(accounts: readonly Account[]) {
    accounts.forEach((account) => this.#byToken.set(account.token, account));
  }

  /** Whose token it is; undefined for tokens that nobody has. */
  ofToken(token: string): Account | undefined {
    return this.#byToken.get(token);
  }

  ofUser(username: string): Account | undefined {
    return [...this.#byToken.values()].find((account) => account.username === username);
  }

  /** Who an `Authorization` header stands for; undefined if it is there and wrong, the anonymous one if it is not there. */
  ofHeader(authorization: string | undefined): Account | undefined {
    if (authorization === undefined) {
      return ANONYMOUS;
    }
    return authorization.startsWith('Bearer ') ? this.ofToken(authorization.slice(7)) : undefined;
  }
}

/** Whether an account may do it. */
export function mayDo(account: Account, request: AccessRequest): boolean {
  if (account.rules === 'all') {
    return true;
  }
  return account.rules.some(
    (rule) =>
      covers(rule.verbs, request.verb) &&
      (request.resource === undefined
        ? covers(rule.nonResourceURLs, request.path ?? '')
        : covers(rule.resources, request.resource)) &&
      (rule.namespaces === undefined || (request.namespace !== undefined && covers(rule.namespaces, request.namespace)))
  );
}

function covers(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes('*'));
}
