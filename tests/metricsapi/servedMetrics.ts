import { readFileSync } from 'node:fs';
import { loadConfig } from '../../backend/config/loadConfig.ts';
import { systemClock } from '../../backend/kubernetes/clock.ts';
import { createDirectory } from '../../backend/kubernetes/directory.ts';
import type { Directory } from '../../backend/kubernetes/directory.ts';
import { openMetricsApi } from '../../backend/metricsApi.ts';
import type { NodeFacts, PodFacts } from '../../backend/model/facts.ts';
import type { RoundWriter } from '../../backend/store/roundWriter.ts';
import { freePort } from '../../backend/sinks/testing/freePort.ts';
import { createLogger } from '../../backend/telemetry/logger.ts';
import { askTls } from '../support/askTls.ts';
import type { Answer, Asking } from '../support/askTls.ts';
import { batchOf, containerRow, nodeRow } from '../support/batches.ts';
import type { Row } from '../support/batches.ts';
import { aNode, aPod } from '../support/facts.ts';
import { manualClock } from '../support/manualClock.ts';
import type { ManualClock } from '../support/manualClock.ts';
import { until } from '../support/until.ts';

type ClusterFacts = Pick<Directory, 'nodes' | 'node' | 'pods' | 'pod'>;

/** The door behind its HTTPS server, with samples that are given by hand. */
export interface ServedMetrics {
  readonly port: number;
  readonly clock: ManualClock;
  readonly log: readonly string[];
  readonly nodes: NodeFacts[];
  readonly pods: PodFacts[];
  ask(path: string, asking?: Asking): Promise<Answer>;
  /** A round of what kubelets say, by node. */
  round(rows: Readonly<Record<string, { readonly node?: Row; readonly containers?: readonly Row[] }>>): void;
  problems(): string[];
  readonly writer: RoundWriter;
  close(): Promise<void>;
}

export async function serveMetrics(
  api: { readonly url: string },
  flags: readonly string[] = [],
  cluster?: ClusterFacts
): Promise<ServedMetrics> {
  const port = await freePort();
  const always = ['--simulate=1', '--listen-ip=127.0.0.1', `--secure-port=${port}`];
  const { config } = loadConfig([...always, ...flags], {}, (path) => readFileSync(path, 'utf8'));
  const clock = manualClock(Date.now());
  const log: string[] = [];
  const directory = createDirectory({
    connection: { kind: 'url', url: api.url },
    log: { info: () => undefined, warn: () => undefined },
    clock: { now: clock.nowMs, pause: systemClock.pause },
    retryMs: { first: 2, most: 20 },
  });
  let wasTrustTold = false;
  const followAuthentication: Directory['followAuthentication'] = (listener, signal) => {
    const found: typeof listener.found = (config) => {
      listener.found(config);
      wasTrustTold = true;
    };
    const problem: typeof listener.problem = (sentence) => {
      listener.problem(sentence);
      wasTrustTold = true;
    };
    return directory.followAuthentication({ found, problem }, signal);
  };
  const nodes = [aNode('worker-1')];
  const pods = [aPod('shop/web')];
  const facts = {
    nodes: () => nodes,
    node: (name: string) => nodes.find((node) => node.name === name),
    pods: () => pods,
    pod: (namespace: string, name: string) => pods.find((pod) => pod.namespace === namespace && pod.name === name),
  };
  const opened = openMetricsApi({
    config,
    directory: { ...directory, followAuthentication, ...(cluster ? factsOf(cluster) : facts) },
    telemetry: { countRequest: () => undefined },
    version: '1.2.3',
    clock,
    log: createLogger({ level: 'info', format: 'text', write: (text) => log.push(text) }),
  });
  await opened.listen({ close: () => Promise.resolve() } as unknown as Parameters<typeof opened.listen>[0]);
  await until('what the cluster says of whom to trust', () => wasTrustTold);
  let roundMs = 0;
  return {
    port,
    clock,
    log,
    nodes,
    pods,
    ask: (path, asking) => askTls(port, path, asking),
    round(rows) {
      roundMs += 60_000;
      for (const [name, { node, containers = [] }] of Object.entries(rows)) {
        const answered = nodeRow(name, { ...node, values: { 'kubelet/answered': 1, ...node?.values } });
        opened.writers[0].append(batchOf({ node: [answered], container: containers }, roundMs, name));
      }
      opened.writers[0].commit(roundMs);
    },
    problems: () => opened.problems(),
    writer: opened.writers[0],
    async close() {
      await opened.close(0);
      await directory.stop();
    },
  };
}

function factsOf({ nodes, node, pods, pod }: ClusterFacts): ClusterFacts {
  return { nodes, node, pods, pod };
}

/** A sample of CPU and memory. */
export const sampled = (atMs: number, cpuNs: number | bigint, memoryBytes: number, startMs = 0) => ({
  atMs,
  startMs,
  values: { 'cpu/usage': cpuNs, 'memory/working_set': memoryBytes },
});

export { containerRow };
