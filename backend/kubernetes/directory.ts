import type { Labels, NamespaceFacts, NodeFacts, PodFacts } from '../model/facts.ts';
import { createAccess } from './access.ts';
import { createApiClient } from './apiClient.ts';
import type { RawAnswer } from './apiClient.ts';
import { createBackoff } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { KubeletCredentials } from './access.ts';
import type { ConnectionOptions } from './connection.ts';
import { FaultBook } from './faultBook.ts';
import { followAuthentication } from './followAuthentication.ts';
import type { AuthenticationListener } from './followAuthentication.ts';
import type { JsonObject } from './json.ts';
import { readNamespace } from './namespaceFacts.ts';
import { readNode } from './nodeFacts.ts';
import { createObjectTable } from './objectTable.ts';
import { createPodSinks } from './podSink.ts';
import { createReflector } from './reflector.ts';
import type { ObjectSink, Reflector, ReflectorState } from './reflector.ts';
import { createReviews } from './review.ts';
import type { Reviews } from './review.ts';
import { SharedParts } from './sharedParts.ts';
import { TroubleLog } from './troubleLog.ts';
import type { SentenceLog } from './troubleLog.ts';
import type { ResourceKind } from './watchProtocol.ts';
import { onlyWanted } from './onlyWanted.ts';

export interface DirectoryOptions {
  readonly connection: ConnectionOptions;
  readonly log: SentenceLog;
  /** Which nodes there are, by their labels; all without it. */
  readonly wantsNode?: (labels: Labels) => boolean;
  /** What was wrong with the cluster when it was tried before, and is logged already. */
  readonly toldProblem?: string;
  readonly clock?: Clock;
  /** Delays between attempts, doubled from the first to the last. */
  readonly retryMs?: { readonly first: number; readonly most: number };
}

/** The cluster as the API server tells it, kept in memory and current by watching. */
export interface Directory extends Reviews {
  start(): void;
  stop(): Promise<void>;
  /** Nodes, pods and namespaces were listed once. */
  hasSynced(): boolean;
  /** Rejects when the signal aborts first. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** All nodes; the same array until something changes. */
  nodes(): readonly NodeFacts[];
  node(name: string): NodeFacts | undefined;
  pod(namespace: string, name: string): PodFacts | undefined;
  /** Scheduled pods of a node, in no order. The array is never changed afterwards. */
  podsOnNode(nodeName: string): readonly PodFacts[];
  pods(): Iterable<PodFacts>;
  readonly podCount: number;
  namespaces(): readonly NamespaceFacts[];
  namespace(name: string): NamespaceFacts | undefined;
  /** What is wrong at present, a sentence each; empty when all is well. */
  problems(): string[];
  /** How each watched resource is doing. */
  resources(): readonly ReflectorState[];
  /** For kubelets, as last read; the same object until something in it was replaced. */
  kubeletCredentials(): KubeletCredentials;
  /** Asks the API server for a path with the connection's credentials; answers with any status. */
  read(path: string, options: { signal?: AbortSignal; maxBytes: number; json?: string }): Promise<RawAnswer>;
  /** Tells whom the cluster wants its extensions to trust, until the signal aborts; never rejects. */
  followAuthentication(listener: AuthenticationListener, signal: AbortSignal): Promise<void>;
}

const RESOURCES = {
  nodes: { resource: 'nodes', path: '/api/v1/nodes' },
  namespaces: { resource: 'namespaces', path: '/api/v1/namespaces' },
  pods: { resource: 'pods', path: '/api/v1/pods' },
  replicaSets: { resource: 'replicasets.apps', path: '/apis/apps/v1/replicasets', metadataOnly: true },
  jobs: { resource: 'jobs.batch', path: '/apis/batch/v1/jobs', metadataOnly: true },
} as const satisfies Record<string, ResourceKind>;

/** Nothing is asked before {@link Directory.start}. */
export function createDirectory(options: DirectoryOptions): Directory {
  const clock = options.clock ?? systemClock;
  const access = createAccess(options.connection, clock);
  const api = createApiClient(access);
  const facts = createFacts();
  const troubles = new TroubleLog(options.log, options.toldProblem);
  const reflect = (kind: ResourceKind, sink: ObjectSink): Reflector =>
    createReflector({ api, kind, sink, clock, ...reporting(options, kind, troubles) });
  const nodes = reflect(RESOURCES.nodes, options.wantsNode ? onlyWanted(facts.nodes, options.wantsNode) : facts.nodes);
  const namespaces = reflect(RESOURCES.namespaces, facts.namespaces);
  const pods = reflect(RESOURCES.pods, facts.podSink);
  const owners = [
    reflect(RESOURCES.replicaSets, facts.ownerSink('ReplicaSet')),
    reflect(RESOURCES.jobs, facts.ownerSink('Job')),
  ];
  const needed = [nodes, namespaces, pods];
  const all = [...needed, ...owners];
  const stopping = new AbortController();
  let running: Promise<unknown> | undefined;

  return {
    start() {
      // Pods come after their owners, so that most find theirs at once.
      void nodes.listed.then(() => troubles.startedWell());
      const ownersAttempted = Promise.all(owners.map((owner) => owner.attempted));
      running ??= Promise.all([
        ...[nodes, namespaces, ...owners].map((reflector) => reflector.run(stopping.signal)),
        ownersAttempted.then(() => pods.run(stopping.signal)),
      ]);
    },
    async stop() {
      stopping.abort();
      await running;
      await access.close();
    },
    hasSynced: () => needed.every((reflector) => reflector.state().listed),
    whenSynced: (signal) => unlessAborted(Promise.all(needed.map((reflector) => reflector.listed)), signal),
    nodes: facts.nodes.values,
    node: facts.nodes.get,
    pod: (namespace, name) => facts.pods.get(namespace, name),
    podsOnNode: (nodeName) => facts.pods.onNode(nodeName),
    pods: () => facts.pods.all(),
    get podCount() {
      return facts.pods.size;
    },
    namespaces: facts.namespaces.values,
    namespace: facts.namespaces.get,
    problems: () => problemsOf(all, access.problem(), facts.faults),
    resources: () => all.map((reflector) => reflector.state()),
    kubeletCredentials: () => access.latest()?.kubelet ?? {},
    read: api.read,
    followAuthentication: (listener, signal) =>
      followAuthentication(
        { api, clock, backoff: backoffOf(options) },
        listener,
        AbortSignal.any([signal, stopping.signal])
      ),
    ...createReviews(api, clock),
  };
}

/** Facts of every kind, and the sinks that feed them. */
function createFacts() {
  const parts = new SharedParts();
  const faults = new FaultBook();
  const readNodeFacts = (object: JsonObject): NodeFacts => {
    const found: string[] = [];
    const node = readNode(object, parts, found);
    faults.set(node.uid, found);
    return node;
  };
  return {
    faults,
    nodes: createObjectTable(readNodeFacts, (uid) => faults.set(uid, [])),
    namespaces: createObjectTable(
      (object) => readNamespace(object, parts),
      () => undefined
    ),
    ...createPodSinks(parts, faults),
  };
}

function backoffOf({ retryMs }: DirectoryOptions): Backoff {
  return createBackoff(retryMs?.first ?? 800, retryMs?.most ?? 30_000);
}

function reporting(options: DirectoryOptions, kind: ResourceKind, troubles: TroubleLog) {
  return {
    backoff: backoffOf(options),
    onProblem: (problem: string | undefined) => troubles.report(kind.resource, problem),
  };
}

/** Many resources fail alike when the API server is away: each sentence is told once. */
function problemsOf(reflectors: readonly Reflector[], access: string | undefined, faults: FaultBook): string[] {
  const sentences = reflectors.map((reflector) => reflector.state().problem);
  const told = [access, ...sentences].filter((sentence) => sentence !== undefined);
  return [...new Set([...told, ...faults.sentences()])];
}

function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener('abort', abort, { once: true });
    work.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, reject);
  });
}
