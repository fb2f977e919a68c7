import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One answer of a kubelet; `refused` where no connection was possible. */
export interface RecordedAnswer {
  readonly askedAt: string;
  readonly refused?: true;
  readonly status?: number;
  readonly contentType?: string;
  readonly body?: string;
}

/** The lists of the API server at one moment, as texts. */
export interface RecordedObjects {
  readonly nodes: string;
  readonly namespaces: string;
  readonly pods: string;
}

export interface Recording {
  /** Answers per node, in order of time. */
  readonly kubelets: Readonly<Record<string, readonly RecordedAnswer[]>>;
  /** Objects per moment; the last ones stay. */
  readonly objects: readonly RecordedObjects[];
  /** Deployments, DaemonSets, StatefulSets and Jobs. */
  readonly workloads?: string;
  /** What `kubectl top` printed at each moment: nodes, pods, containers. */
  readonly kubectlTop?: readonly string[];
  /** What `metrics.k8s.io` answered at each moment. */
  readonly metricsApi?: ReadonlyArray<{ readonly nodes: string; readonly pods: string }>;
}

export type RecordingName = 'three-generations' | 'cri-stats' | 'kubelet-restart' | 'node-down';

/** A file of `tests/recordings`. */
export function readRecording(name: RecordingName): Recording {
  return unpack(name) as Recording;
}

/** One answer to `/metrics/cadvisor` per node of the three generations, and `cri-stats`. */
export function readRecordedCadvisor(): Readonly<Record<string, string>> {
  return unpack('cadvisor') as Record<string, string>;
}

/** Bodies of refusals by name, such as `kubelet-1.35-403`. */
export function readRecordedErrors(): Readonly<Record<string, { status: number; contentType: string; body: string }>> {
  return unpack('errors') as Record<string, { status: number; contentType: string; body: string }>;
}

function unpack(name: string): unknown {
  const file = join(__dirname, '..', 'recordings', `${name}.json.gz`);
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
}
