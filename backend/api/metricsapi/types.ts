import type { NodeFacts, PodFacts } from '../../model/facts.ts';

/** Use of CPU and memory by two samples: the later one is of `timestampMs`, the earlier one `windowMs` before. */
export interface Usage {
  readonly timestampMs: number;
  readonly windowMs: number;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

/** The newest use of every node and container. */
export interface UsageReader {
  /** Whether there is the use of any node. */
  readonly isReady: boolean;
  ofNode(node: string): Usage | undefined;
  /** The containers that run in a pod by its kubelet, sorted by name; `usage` is missing where it is not known. */
  ofPod(
    node: string,
    namespace: string,
    pod: string
  ): ReadonlyArray<{ readonly container: string; readonly usage?: Usage }>;
}

/** What the API server says now. */
export interface ClusterFacts {
  nodes(): readonly NodeFacts[];
  node(name: string): NodeFacts | undefined;
  pods(): Iterable<PodFacts>;
  pod(namespace: string, name: string): PodFacts | undefined;
}

/** Somebody who is known. */
export interface Identity {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is wanted, in the words of a SubjectAccessReview. */
export type AccessAsked =
  | {
      readonly resourceAttributes: {
        readonly verb: string;
        readonly group: string;
        readonly version: string;
        readonly resource: string;
        readonly subresource?: string;
        readonly namespace?: string;
        readonly name?: string;
      };
    }
  | { readonly nonResourceAttributes: { readonly path: string; readonly verb: string } };

/** Asks the cluster. Both reject when it does not answer. */
export interface AccessReviewer {
  /** Undefined: the cluster does not know the token. */
  reviewToken(token: string): Promise<Identity | undefined>;
  mayAccess(identity: Identity, asked: AccessAsked): Promise<boolean>;
}

/** Whose client certificates are trusted, and the headers in which the aggregator names whom it speaks for. */
export interface ClientTrust {
  /** PEM; empty: no request header is trusted. */
  readonly requestHeaderCa: string;
  /** Common names the aggregator may have; empty: any. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  /** PEM; empty: no user is known by a certificate. */
  readonly clientCa: string;
}
