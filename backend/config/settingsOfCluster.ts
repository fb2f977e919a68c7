import { readLabelRequirements } from '../model/labelRequirements.ts';
import type { Setting } from './setting.ts';
import { bytes, choice, commaList, duration, someText, truth, wholeNumber } from './values.ts';
import type { Parsed } from './values.ts';

const port = wholeNumber(1, 65_535);
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP', 'InternalDNS', 'ExternalDNS', 'Hostname'];

function addressTypes(text: string): Parsed<string[]> {
  const list = commaList(text);
  const unknown = 'value' in list ? list.value.find((type) => !ADDRESS_TYPES.includes(type)) : undefined;
  return unknown === undefined ? list : { problem: `must list some of ${ADDRESS_TYPES.join(', ')}, not "${unknown}"` };
}

function labelSelector(text: string): Parsed<string> {
  const read = readLabelRequirements(text);
  return 'invalidPart' in read
    ? { problem: `must be a label selector such as "pool=web,arch!=arm64", which "${read.invalidPart}" is no part of` }
    : { value: text };
}

/** Settings of the cluster, its kubelets, the collection and what memory keeps. */
export const clusterSettings = {
  config: {
    group: 'cluster',
    shape: 'FILE',
    description:
      'YAML file with settings, one `name: value` per line, named like the flags. Flags and environment win over it.',
    parse: someText,
  },
  source: {
    group: 'cluster',
    shape: 'PREFIX:URL?OPTIONS',
    description:
      "The cluster in Heapster's words, such as `kubernetes.summary_api:''` or `kubernetes:https://HOST?inClusterConfig=false`. The second asks kubelets before Kubernetes 1.20 by `POST /stats/container/`, all others for their summary.",
    defaultWords: 'automatic: the service account of the pod, else the kubeconfig, else a simulated cluster',
    parse: (text: string): Parsed<string[]> => ({ value: [text] }),
    repeatable: 'counted',
    heapster: true,
  },
  kubeconfig: {
    group: 'cluster',
    shape: 'FILE',
    description: 'Kubeconfig that says how to reach the API server.',
    defaultWords: '`KUBECONFIG`, else `~/.kube/config`, when not in a cluster',
    parse: someText,
  },
  context: {
    group: 'cluster',
    shape: 'NAME',
    description: 'Context of the kubeconfig.',
    defaultWords: 'its current context',
    parse: someText,
  },
  'cluster-name': {
    group: 'cluster',
    shape: 'NAME',
    description: 'What people call this cluster.',
    defaultWords: 'taken from the connection',
    parse: someText,
  },
  simulate: {
    group: 'cluster',
    shape: 'N',
    description: 'Start a simulated cluster of N nodes and watch that.',
    parse: wholeNumber(1, 20_000),
  },
  'simulate-seed': {
    group: 'cluster',
    shape: 'N',
    description: 'Seed of the simulated cluster; the same seed gives the same cluster.',
    default: '1',
    parse: wholeNumber(0, 2 ** 32 - 1),
  },
  'node-selector': {
    group: 'kubelet',
    shape: 'SELECTOR',
    description:
      'Look only at the nodes with these labels, written as in `kubectl get -l`. Other nodes and the pods on them are missing everywhere. `-l` is the same.',
    defaultWords: 'all nodes',
    parse: labelSelector,
  },
  'kubelet-access': {
    group: 'kubelet',
    shape: 'direct|proxy',
    description:
      'Ask kubelets directly, or through the API server. `proxy` needs the right `nodes/proxy`, which allows far more than reading; it is meant for a laptop outside the cluster.',
    default: 'direct',
    parse: choice('direct', 'proxy'),
  },
  'kubelet-port': {
    group: 'kubelet',
    shape: 'PORT',
    description: 'Port of all kubelets.',
    defaultWords: "what each node's status tells; 10255 with `--source`, as Heapster had it",
    parse: port,
  },
  'kubelet-use-node-status-port': {
    group: 'kubelet',
    shape: '',
    description: "Use the port of each node's status even where `--kubelet-port` gives one.",
    default: 'false',
    parse: truth,
  },
  'kubelet-https': {
    group: 'kubelet',
    shape: 'true|false',
    description: 'Ask kubelets by HTTPS.',
    defaultWords: 'true; false with `--source`, as Heapster had it',
    parse: truth,
  },
  'kubelet-insecure-tls': {
    group: 'kubelet',
    shape: '',
    description: 'Do not verify the certificates of kubelets.',
    default: 'false',
    parse: truth,
  },
  'kubelet-certificate-authority': {
    group: 'kubelet',
    shape: 'FILE',
    description: 'CA that signed the serving certificates of the kubelets (PEM).',
    defaultWords: 'the CA of the cluster',
    parse: someText,
  },
  'kubelet-certificate-authority-text': {
    group: 'kubelet',
    shape: 'PEM',
    description: 'The same as text in place of a file.',
    parse: someText,
  },
  'kubelet-client-certificate': {
    group: 'kubelet',
    shape: 'FILE',
    description:
      "Client certificate that kubelets are shown (PEM), beside the token of the cluster's connection; read again when it changes.",
    defaultWords: 'that of the kubeconfig, if it has one',
    parse: someText,
  },
  'kubelet-client-key': {
    group: 'kubelet',
    shape: 'FILE',
    description: 'Key of that certificate (PEM).',
    parse: someText,
  },
  'kubelet-preferred-address-types': {
    group: 'kubelet',
    shape: 'TYPE,…',
    description: `Which address of a node to use, most wanted first: ${ADDRESS_TYPES.join(', ')}.`,
    default: ADDRESS_TYPES.join(','),
    parse: addressTypes,
  },
  'kubelet-timeout': {
    group: 'kubelet',
    shape: 'DURATION',
    description: 'Time a kubelet has to answer; must be shorter than `--metric-resolution`.',
    defaultWords: '10s, or four fifths of the resolution where that is shorter',
    parse: duration(100, '100ms'),
  },
  'kubelet-max-answer': {
    group: 'kubelet',
    shape: 'BYTES',
    description: 'Longest answer of a kubelet that is read.',
    default: '32MiB',
    parse: bytes(2 ** 20),
  },
  'cadvisor-metrics': {
    group: 'kubelet',
    shape: '',
    description:
      'Ask kubelets for `/metrics/cadvisor` too, for CPU throttling and disk bytes per container. An answer is about 17 times as long as that of the summary (see performance.md for the cost); it needs the right `get` on `nodes/metrics`.',
    default: 'false',
    parse: truth,
  },
  'metric-resolution': {
    group: 'collection',
    shape: 'DURATION',
    description: 'How often all kubelets are asked; at least 5s.',
    default: '60s',
    parse: duration(5_000, '5s'),
    heapster: true,
  },
  'head-window': {
    group: 'collection',
    shape: 'DURATION',
    description: 'History that memory keeps in any case.',
    defaultWords: '15m, or three rounds where those are longer',
    parse: duration(10_000, '10s'),
  },
  'head-memory': {
    group: 'collection',
    shape: 'BYTES',
    description: 'History is kept for longer than the window while it fits into this much memory.',
    default: '32MiB',
    parse: bytes(2 ** 20),
  },
  'max-series': {
    group: 'collection',
    shape: 'N',
    description: 'Series one query may answer with.',
    default: '1000',
    parse: wholeNumber(1, 1_000_000),
  },
  'max-points': {
    group: 'collection',
    shape: 'N',
    description: 'Points one query may answer with.',
    default: '1000000',
    parse: wholeNumber(1_000, 100_000_000),
  },
  'max-streams': {
    group: 'collection',
    shape: 'N',
    description: 'Panels that may be live at the same time; half as many with one token.',
    default: '400',
    parse: wholeNumber(2, 900),
  },
} as const satisfies Record<string, Setting<unknown>>;
