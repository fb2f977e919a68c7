import type { ApiObject, ApiResource, TestApiServer } from '../support/apiServer.ts';
import { startApiServer } from '../support/apiServer.ts';
import type { RecordedAnswer, RecordedObjects, Recording } from '../support/recordings.ts';
import { serve } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';

/** A recorded cluster behind real HTTP: its API server, and one kubelet per recorded node. */
export interface ReplayCluster {
  readonly api: TestApiServer;
  /** Turns to a moment of the recording: what the kubelets answer, and what the API server shows. */
  turnTo(moment: number): Promise<void>;
  /** How often kubelets answered `/metrics/cadvisor`. */
  cadvisorAnswers(): number;
  close(): Promise<void>;
}

/** What a node answers `/metrics/cadvisor` with at a moment; undefined: 404. */
export type CadvisorAnswers = Readonly<Record<string, (moment: number) => string | undefined>>;

/** Takes the objects of a resource as they are now. */
export type ShowObjects = (resource: ApiResource, objects: readonly ApiObject[]) => Promise<void>;

/**
 * Serves a recording. Everything is as it was sent, but for what leads to the kubelets: the addresses and ports in the
 * node objects are those of the servers on the loopback address. Another API server may show the same objects.
 */
export async function replayCluster(
  recording: Recording,
  cadvisor: CadvisorAnswers = {},
  showElsewhere?: ShowObjects
): Promise<ReplayCluster> {
  const api = await startApiServer();
  const kubelets = new Map<string, ReplayKubelet>();
  for (const [node, answers] of Object.entries(recording.kubelets)) {
    kubelets.set(node, await startKubelet(answers, cadvisor[node]));
  }
  return {
    api,
    async turnTo(moment) {
      for (const kubelet of kubelets.values()) {
        await kubelet.turnTo(moment);
      }
      const objects = recording.objects[Math.min(moment, recording.objects.length - 1)];
      for (const [resource, shown] of objectsOf(objects, recording.workloads, kubelets)) {
        api.show(resource, shown);
        await showElsewhere?.(resource, shown);
      }
    },
    cadvisorAnswers: () => [...kubelets.values()].reduce((sum, kubelet) => sum + kubelet.cadvisorAnswers(), 0),
    async close() {
      await Promise.all([api, ...kubelets.values()].map((server) => server.close()));
    },
  };
}

interface ReplayKubelet {
  readonly port: number;
  turnTo(moment: number): Promise<void>;
  cadvisorAnswers(): number;
  close(): Promise<void>;
}

/** One kubelet; while the recording says that it refuses, nothing listens at its port. */
async function startKubelet(
  answers: readonly RecordedAnswer[],
  cadvisor: CadvisorAnswers[string] | undefined
): Promise<ReplayKubelet> {
  let answer: RecordedAnswer = answers[0];
  let metrics = cadvisor?.(0);
  let cadvisorAnswers = 0;
  const open = (port?: number): Promise<TestServer> =>
    serve(
      (request, response) => {
        if (request.url === '/stats/summary') {
          response.writeHead(answer.status ?? 200, { 'content-type': answer.contentType }).end(answer.body);
        } else if (request.url === '/metrics/cadvisor' && metrics !== undefined) {
          cadvisorAnswers++;
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metrics);
        } else {
          response.writeHead(404).end('404: Page Not Found');
        }
      },
      undefined,
      port
    );
  let server: TestServer | undefined = await open();
  const { port } = server;
  return {
    port,
    async turnTo(moment) {
      answer = answers[moment];
      metrics = cadvisor?.(moment);
      if (answer.refused) {
        await server?.close();
        server = undefined;
      } else {
        server ??= await open(port);
      }
    },
    cadvisorAnswers: () => cadvisorAnswers,
    close: async () => server?.close(),
  };
}

function objectsOf(
  objects: RecordedObjects,
  workloads: string | undefined,
  kubelets: ReadonlyMap<string, { readonly port: number }>
): ReadonlyArray<readonly [ApiResource, ApiObject[]]> {
  const nodes = itemsOf(objects.nodes).filter(({ metadata }) => kubelets.has(metadata.name));
  const jobs = workloads === undefined ? [] : itemsOf(workloads).filter((item) => item.kind === 'Job');
  return [
    ['nodes', nodes.map((node) => atLoopback(node, kubelets.get(node.metadata.name)!.port))],
    ['namespaces', itemsOf(objects.namespaces)],
    ['pods', itemsOf(objects.pods)],
    ['jobs', jobs],
  ];
}

function itemsOf(list: string): ApiObject[] {
  return (JSON.parse(list) as { items: ApiObject[] }).items;
}

function atLoopback(node: ApiObject, port: number): ApiObject {
  const addresses = [
    { type: 'InternalIP', address: '127.0.0.1' },
    { type: 'Hostname', address: node.metadata.name },
  ];
  const status = { ...(node.status as object), addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  return { ...node, status };
}
