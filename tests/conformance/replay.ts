import { createHeapsterDoors, createHeapsterFallback } from '../../backend/api/heapster/doors.ts';
import { redirectToCleanPath } from '../../backend/api/heapster/cleanPath.ts';
import { EntityLabels } from '../../backend/api/heapster/labels.ts';
import { setsOfNode, setsOfTotals, type MetricSet } from '../../backend/api/heapster/metricSets.ts';
import type { ClusterFacts, LabelRules } from '../../backend/api/heapster/types.ts';
import { createApp } from '../../backend/api/app.ts';
import { createAuthentication } from '../../backend/api/auth.ts';
import { createSelfDoors } from '../../backend/api/self/doors.ts';
import { Collector } from '../../backend/collector.ts';
import { HeapscopeError } from '../../backend/errors.ts';
import { readHead } from '../../backend/heapsterFace.ts';
import { ContainerReader } from '../../backend/kubelet/containerReader.ts';
import type { NodeFacts } from '../../backend/model/facts.ts';
import { HeadStore } from '../../backend/store/headStore.ts';
import { serve, type TestServer } from '../support/server.ts';
import type { Kit, KubeletAnswer } from './kit.ts';
import { RecordedObjects } from './recordedObjects.ts';
import { readRunFlags, type RunFlags } from './runFlags.ts';

const EVERYBODY = { namespaces: 'all' } as const;
const HEAD = { windowMs: 24 * 3_600_000, maxBytes: 1e9 };
const never = new AbortController().signal;

/** The backend's line and doors, fed from a recording, on a clock that stands where it is set. */
export class Replay {
  readonly resolutionMs: number;
  private readonly objects: RecordedObjects;
  private readonly head = new HeadStore(HEAD);
  private readonly reader = readHead(this.head);
  private readonly labels: LabelRules;
  private readonly flags: RunFlags;
  private readonly collector: Collector;
  private readonly containers: ContainerReader | undefined;
  private answers: Readonly<Record<string, KubeletAnswer>> = {};
  private nowMs = 0;

  constructor({ run, objects, rounds }: Kit) {
    this.resolutionMs = Math.max(run.metricResolutionSeconds * 1000, shortestGapMs(rounds));
    this.objects = new RecordedObjects(objects);
    this.labels = labelRules(run);
    this.flags = readRunFlags(run);
    this.containers = run.source === 'kubernetes' ? new ContainerReader() : undefined;
    const read = (node: NodeFacts) => this.readAnswer(node);
    this.collector = new Collector({
      resolutionMs: this.resolutionMs,
      deadlineMs: 20_000,
      directory: this.objects,
      kubelets: { readSummary: read, readContainers: read, forget: () => undefined },
      containers: this.containers,
      heapsterValues: true,
      writer: this.head,
      clock: { nowMs: () => this.nowMs, sleepUntil: () => Promise.resolve() },
      telemetry: { observeStep: () => undefined, observeRound: () => undefined, countScrape: () => undefined },
      log: { info: () => undefined, warn: () => undefined },
    });
  }

  /** Takes the objects as they were at a moment; whether that changed them. */
  applyChanges(changes: Kit['changes'], untilMs: number): boolean {
    return this.objects.setChanges(changes.filter(({ at }) => Date.parse(at) <= untilMs));
  }

  /** Runs one round, with the kubelets answering in the order in which they did. */
  async collect({ windowEnd, answers }: Kit['rounds'][number]): Promise<void> {
    this.answers = answers;
    await this.collector.collectRound(Date.parse(windowEnd), never);
  }

  /** What the newest round holds, in Heapster's words. */
  newestSets(): Map<string, { readonly set: MetricSet; readonly labels: Readonly<Record<string, string>> }> {
    const newestMs = this.head.rounds().at(-1) ?? NaN;
    const options = { recent: this.reader };
    const facts = new EntityLabels(this.facts(), this.labels);
    const sets = [...this.reader.nodes()]
      .filter((node) => node !== '')
      .flatMap((node) => setsOfNode(options, node, newestMs, EVERYBODY));
    const all = [...sets, ...setsOfTotals(options, newestMs, EVERYBODY)];
    return new Map(all.map((set) => [set.key, { set, labels: facts.of(set.entity, set.uid) }]));
  }

  /** Serves the doors on the loopback address, with the clock where {@link setClock} put it. */
  async serve(): Promise<TestServer> {
    const newestMs = () => this.head.rounds().at(-1);
    const doors = createHeapsterDoors({
      access: 'open',
      recent: this.reader,
      history: this.reader,
      facts: this.facts(),
      labels: this.labels,
      hasExport: this.flags.hasExport,
      hasModel: this.flags.hasModel,
      maxPoints: 1_000_000,
      nowMs: () => this.nowMs,
    });
    const own = createSelfDoors({
      status: { status: () => refuse('The status page is no part of this.') },
      health: {
        health: () => ({
          nowMs: this.nowMs,
          startedMs: this.nowMs,
          resolutionMs: this.resolutionMs,
          deadlineMs: 20_000,
          lastRoundMs: newestMs(),
          hasData: newestMs() !== undefined,
          firstDataMs: this.nowMs,
        }),
      },
      metrics: { expose: () => refuse('Own metrics are no part of this.') },
      now: () => this.nowMs,
    });
    const app = createApp({
      doors: [...doors, ...own, createHeapsterFallback()],
      authentication: createAuthentication({ mode: 'none' }),
      log: { warn: () => undefined, error: (fields) => console.error(fields) },
      countRequest: () => undefined,
      beforePathCheck: redirectToCleanPath,
    });
    return serve(app);
  }

  /** What the API server says now. */
  facts(): ClusterFacts {
    const { objects, containers } = this;
    return {
      nodes: () => objects.nodes(),
      namespaces: () => objects.namespaces(),
      pods: () => objects.pods(),
      pod: (namespace, name) => objects.pod(namespace, name),
      imageOf: containers?.imageOf.bind(containers),
    };
  }

  setClock(nowMs: number): void {
    this.nowMs = nowMs;
  }

  private async readAnswer(node: NodeFacts): Promise<{ body: Buffer; receivedMs: number; durationMs: number }> {
    const answer = this.answers[node.name] as KubeletAnswer | undefined;
    const order = Object.values(this.answers)
      .map(({ receivedAt }) => receivedAt ?? '')
      .sort();
    // Later answers come later: each is worked through before the next.
    for (let turn = order.indexOf(answer?.receivedAt ?? ''); turn >= 0; turn--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (answer?.status !== 200 || answer.receivedAt === undefined) {
      throw new HeapscopeError('kubelet_refused', `Node ${node.name} did not answer: ${answer?.error ?? 'refused'}.`);
    }
    const text = answer.bodyText ?? JSON.stringify(answer.body);
    return { body: Buffer.from(text), receivedMs: Date.parse(answer.receivedAt), durationMs: 1 };
  }
}

/** Heapster skipped every other window where windows were shorter than it waited after each. */
function shortestGapMs(rounds: Kit['rounds']): number {
  const times = rounds.map(({ windowEnd }) => Date.parse(windowEnd)).sort((one, other) => one - other);
  const gaps = times.slice(1).map((timeMs, index) => timeMs - times[index]);
  return gaps.length > 0 ? Math.min(...gaps) : 0;
}

function refuse(sentence: string): never {
  throw new HeapscopeError('not_found', sentence);
}

/** The flags about labels as the command line of the recording has them. */
function labelRules({ labelFlags, otherFlags = [], source, sourceOptions }: Kit['run']): LabelRules {
  const values = (flag: string) =>
    [...labelFlags, ...otherFlags].flatMap((text) =>
      text.startsWith(`--${flag}=`) ? [text.slice(flag.length + 3)] : []
    );
  const annotation = sourceOptions.host_id_annotation;
  return {
    labelSeparator: values('label-separator')[0] ?? ',',
    ignoreLabels: values('ignore-label').flatMap((text) => text.split(',')),
    storeLabels: values('store-label')
      .flatMap((text) => text.split(','))
      .map((text) => {
        const [name, key] = text.split('=');
        return { name, key: key ?? name };
      }),
    hostIdAnnotation: source !== 'kubernetes' && typeof annotation === 'string' ? annotation : undefined,
    schedulableLabel: source === 'kubernetes',
  };
}
