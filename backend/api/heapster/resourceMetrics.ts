import { objectKey } from '../../model/batch.ts';
import type { NodeFacts, PodFacts } from '../../model/facts.ts';
import { heapsterColumn } from '../../model/heapsterValues.ts';
import { parseLabelSelector } from '../../query/labelSelector.ts';
import type { Scope } from '../scope.ts';
import { HeapsterError, indented, type HeapsterAnswer } from './answers.ts';
import type { GoValue } from './goJson.ts';
import { quoteGo } from './goQuote.ts';
import { formatUtc } from './goTime.ts';
import { hasAnswered } from './newestRound.ts';
import type { Parameters } from './parameters.ts';
import { unsigned } from './pointAnswers.ts';
import { isInSight, maySee } from './sight.ts';
import type { HeapsterOptions } from './types.ts';
import { heapsterValue } from './values.ts';

const CPU = 'cpu/usage_rate';
const MEMORY = 'memory/working_set';
const READ = new Set([CPU, heapsterColumn(CPU), MEMORY]);

type Usage = { readonly cpu: string; readonly memory: string };

/** Whether a path below the group, decoded and split, is one of the resource metrics API. */
export function knowsResource([first, name, second, ...rest]: readonly string[]): boolean {
  switch (first) {
    case 'nodes':
      return second === undefined;
    case 'pods':
      return name === undefined;
    default:
      return first === 'namespaces' && second === 'pods' && rest.length <= 1;
  }
}

/** Answers the resource metrics API of Heapster's own port, of its newest round. */
export function answerResourceMetrics(
  options: HeapsterOptions,
  segments: readonly string[],
  parameters: Parameters,
  scope: Scope
): HeapsterAnswer {
  const [first, name, , pod] = segments;
  if (first === 'nodes') {
    maySee(scope, { level: 'node' });
    return name === undefined ? listNodes(options, parameters) : oneNode(options, name);
  }
  if (first === 'pods') {
    return listPods(options, parameters, ({ namespace }) => isInSight(scope, { level: 'pod', namespace }));
  }
  const mayNamespace = maySee(scope, { level: 'pod', namespace: name });
  return pod === undefined
    ? listPods(options, parameters, ({ namespace }) => mayNamespace && namespace === name)
    : onePod(options, mayNamespace ? name : '', pod);
}

/** Who takes up what in the newest round; both values or nothing. */
function usageOf(
  { recent }: HeapsterOptions,
  table: 'node' | 'container',
  node: string,
  keyOf: (names: { namespace?: string; pod?: string; container?: string }) => string
): Map<string, Usage> {
  const usage = new Map<string, Usage>();
  const newestMs = recent.rounds().at(-1);
  if (newestMs === undefined || !hasAnswered(recent, node, newestMs)) {
    return usage;
  }
  for (const { names, values } of recent.roundOf(node, table, newestMs, READ)) {
    const [cpu, memory] = [heapsterValue(CPU, values), values.get(MEMORY)];
    if (cpu !== undefined && memory !== undefined) {
      usage.set(keyOf(names), { cpu: cpuQuantity(Number(cpu)), memory: memoryQuantity(BigInt(unsigned(memory))) });
    }
  }
  return usage;
}

function usageOfNode(options: HeapsterOptions, node: string): Usage | undefined {
  return usageOf(options, 'node', node, () => node).get(node);
}

function metricsOf(options: HeapsterOptions, names: { name: string; namespace?: string }, rest: GoValue): GoValue {
  return {
    metadata: { ...names, creationTimestamp: formatUtc(options.nowMs()) },
    timestamp: formatUtc(options.recent.rounds().at(-1) ?? NaN),
    window: '1m0s',
    ...(rest as object),
  };
}

function listNodes(options: HeapsterOptions, parameters: Parameters): HeapsterAnswer {
  const matches = readSelector(parameters);
  const items = sortByName(options.facts.nodes().filter((node: NodeFacts) => matches(node.labels))).flatMap(
    ({ name }) => {
      const usage = usageOfNode(options, name);
      return usage ? [metricsOf(options, { name }, { usage })] : [];
    }
  );
  return list(items);
}

function oneNode(options: HeapsterOptions, name: string): HeapsterAnswer {
  const usage = usageOfNode(options, name);
  if (!usage) {
    throw new HeapsterError(404, `No metrics for node ${name}`);
  }
  return indented(metricsOf(options, { name }, { usage }));
}

function listPods(
  options: HeapsterOptions,
  parameters: Parameters,
  isWanted: (pod: PodFacts) => boolean
): HeapsterAnswer {
  const matches = readSelector(parameters);
  const pods = [...options.facts.pods()].filter((pod) => isWanted(pod) && matches(pod.labels));
  const usageByNode = new Map<string, Map<string, Usage>>();
  const items = sortByName(pods).flatMap((pod) => {
    let usage = usageByNode.get(pod.nodeName);
    if (!usage) {
      usageByNode.set(pod.nodeName, (usage = usageOfContainers(options, pod.nodeName)));
    }
    return metricsOfPod(options, pod, usage) ?? [];
  });
  return list(items);
}

function onePod(options: HeapsterOptions, namespace: string, name: string): HeapsterAnswer {
  const pod = options.facts.pod(namespace, name);
  if (!pod) {
    throw new HeapsterError(500, `Error while getting pod ${name}: pod ${quoteGo(name)} not found`);
  }
  const metrics = metricsOfPod(options, pod, usageOfContainers(options, pod.nodeName));
  if (metrics === undefined) {
    // The sentence is Heapster's, as clients may know it.
    throw new HeapsterError(404, `No metrics availalble for pod ${namespace}/${name}`);
  }
  return indented(metrics);
}

function usageOfContainers(options: HeapsterOptions, node: string): Map<string, Usage> {
  return usageOf(options, 'container', node, ({ namespace = '', pod = '', container = '' }) =>
    objectKey(namespace, pod, container)
  );
}

/** A pod is there when all of its containers are. */
function metricsOfPod(
  options: HeapsterOptions,
  { namespace, name, containers }: PodFacts,
  usage: ReadonlyMap<string, Usage>
): GoValue | undefined {
  const own: GoValue[] = [];
  for (const container of containers.filter(({ role }) => role === 'container')) {
    const used = usage.get(objectKey(namespace, name, container.name));
    if (!used) {
      return undefined;
    }
    own.push({ name: container.name, usage: used });
  }
  return metricsOf(options, { name, namespace }, { containers: own });
}

function list(items: readonly GoValue[]): HeapsterAnswer {
  return indented({ metadata: {}, items: items.length > 0 ? items : null });
}

function sortByName<Named extends { readonly name: string; readonly namespace?: string }>(objects: Named[]): Named[] {
  return objects.sort(
    (one, other) => compare(one.namespace ?? '', other.namespace ?? '') || compare(one.name, other.name)
  );
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function readSelector(parameters: Parameters): (labels: Readonly<Record<string, string>>) => boolean {
  const selector = parameters('labelSelector') ?? '';
  try {
    return parseLabelSelector(selector);
  } catch (cause) {
    const [, found] = /(?:==|=|!=)\s*(==|=|!=|<|>|\(|\))/.exec(selector) ?? [];
    const reason = found ? `found '${found}', expected: identifier` : (cause as Error).message;
    throw new HeapsterError(400, `Error while parsing selector ${selector}: unable to parse requirement: ${reason}`);
  }
}

/** Millicores as Kubernetes writes them. */
function cpuQuantity(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}

/** Bytes as Kubernetes writes them: in the largest binary unit that leaves a whole number. */
function memoryQuantity(bytes: bigint): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
  let amount = bytes;
  let unit = 0;
  while (amount !== 0n && amount % 1024n === 0n && unit < units.length - 1) {
    amount /= 1024n;
    unit++;
  }
  return `${amount}${units[unit]}`;
}
