import type { NodeFacts, PodFacts } from '../../model/facts.ts';
import { GROUP, GROUP_VERSION, RESOURCES, type ResourceName } from './group.ts';
import { apiTime, cpuQuantity, goDuration, memoryQuantity } from './quantity.ts';
import type { ResourceTarget } from './requestInfo.ts';
import { readSelection } from './selection.ts';
import { notFound } from './statusFailure.ts';
import type { ClusterFacts, Usage, UsageReader } from './types.ts';

export interface MetricsSource {
  readonly usage: UsageReader;
  readonly facts: ClusterFacts;
  readonly nowMs: () => number;
}

interface UsageText {
  readonly cpu: string;
  readonly memory: string;
}

/** One object of the API, and what a table sums up of it. */
export interface MetricsObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly timestamp: string;
  readonly window: string;
  readonly usage?: UsageText;
  readonly containers?: ReadonlyArray<{ readonly name: string; readonly usage: UsageText }>;
}

export interface FoundMetrics {
  readonly object: MetricsObject;
  readonly total: UsageText;
}

/** The objects of a list that the selectors want, sorted by namespace and name. */
export function listMetrics(
  source: MetricsSource,
  resource: ResourceName,
  { namespace }: ResourceTarget,
  parameters: URLSearchParams
): FoundMetrics[] {
  const isWanted = readSelection(parameters);
  if (resource === 'nodes') {
    return sorted(source.facts.nodes().filter(isWanted)).flatMap((node) => metricsOfNode(source, node) ?? []);
  }
  const pods: PodFacts[] = [];
  for (const pod of source.facts.pods()) {
    if (isTold(pod) && (namespace === undefined || pod.namespace === namespace) && isWanted(pod)) {
      pods.push(pod);
    }
  }
  return sorted(pods).flatMap((pod) => metricsOfPod(source, pod) ?? []);
}

/** One object by its name. Throws 404, by another sentence if only its metrics are missing. */
export function getMetrics(
  source: MetricsSource,
  resource: ResourceName,
  { namespace = '', name = '' }: ResourceTarget
): FoundMetrics {
  const fact = resource === 'nodes' ? source.facts.node(name) : source.facts.pod(namespace, name);
  if (!fact || ('phase' in fact && !isTold(fact))) {
    throw notFound(resource, name);
  }
  const found = 'namespace' in fact ? metricsOfPod(source, fact) : metricsOfNode(source, fact);
  if (!found) {
    throw notFound(RESOURCES[resource].singular, resource === 'nodes' ? name : `${namespace}/${name}`, GROUP);
  }
  return found;
}

/** An object as it stands alone, with its type. */
export function typedObject(resource: ResourceName, { object }: FoundMetrics): object {
  return { kind: RESOURCES[resource].kind, apiVersion: GROUP_VERSION, ...object };
}

/** Objects as a list. */
export function typedList(resource: ResourceName, found: readonly FoundMetrics[]): object {
  const items = found.map(({ object }) => object);
  return { kind: `${RESOURCES[resource].kind}List`, apiVersion: GROUP_VERSION, metadata: {}, items };
}

/** As in metrics-server, pods that do not run yet or no longer are not there, whatever their kubelet tells. */
function isTold({ phase, nodeName }: PodFacts): boolean {
  return phase === 'Running' && nodeName !== '';
}

function metricsOfNode({ usage, nowMs }: MetricsSource, node: NodeFacts): FoundMetrics | undefined {
  const used = usage.ofNode(node.name);
  if (!used) {
    return undefined;
  }
  const total = usageText(used);
  return { object: { metadata: metadataOf(node, nowMs()), ...timesOf(used), usage: total }, total };
}

/** A pod is there when all of its running containers are; its time is that of the container with the oldest sample. */
function metricsOfPod({ usage, nowMs }: MetricsSource, pod: PodFacts): FoundMetrics | undefined {
  const containers: Array<{ name: string; usage: UsageText }> = [];
  let oldest: Usage | undefined;
  let [cpuNanocores, memoryBytes] = [0, 0];
  for (const { container, usage: used } of usage.ofPod(pod.nodeName, pod.namespace, pod.name)) {
    if (!used) {
      return undefined;
    }
    oldest = oldest && oldest.timestampMs <= used.timestampMs ? oldest : used;
    cpuNanocores += used.cpuNanocores;
    memoryBytes += used.memoryBytes;
    containers.push({ name: container, usage: usageText(used) });
  }
  return (
    oldest && {
      object: { metadata: metadataOf(pod, nowMs()), ...timesOf(oldest), containers },
      total: usageText({ cpuNanocores, memoryBytes }),
    }
  );
}

function metadataOf(fact: NodeFacts | PodFacts, nowMs: number): MetricsObject['metadata'] {
  const { name, labels } = fact;
  return {
    name,
    ...('namespace' in fact ? { namespace: fact.namespace } : {}),
    ...{ creationTimestamp: apiTime(nowMs) },
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  };
}

function timesOf({ timestampMs, windowMs }: Usage): Pick<MetricsObject, 'timestamp' | 'window'> {
  return { timestamp: apiTime(timestampMs), window: goDuration(windowMs) };
}

function usageText({ cpuNanocores, memoryBytes }: Pick<Usage, 'cpuNanocores' | 'memoryBytes'>): UsageText {
  return { cpu: cpuQuantity(cpuNanocores), memory: memoryQuantity(memoryBytes) };
}

function sorted<Fact extends NodeFacts | PodFacts>(facts: Fact[]): Fact[] {
  const namespaceOf = (fact: Fact): string => ('namespace' in fact ? fact.namespace : '');
  return facts.sort((one, other) => {
    const [before, after] = [namespaceOf(one), namespaceOf(other)];
    return before === after ? (one.name < other.name ? -1 : 1) : before < after ? -1 : 1;
  });
}
