import type { ApiObject, TestApiServer } from '../support/apiServer.ts';
import { startApiServer } from '../support/apiServer.ts';
import type { RecordedAnswer, RecordedObjects, Recording } from '../support/recordings.ts';
import { serve } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';

/** A recorded cluster behind real HTTP: its API server, and one kubelet per recorded node. */
export interface ReplayCluster {
  readonly api: TestApiServer;
  /** Turns to a moment of the recording: what the kubelets answer, and what the API server shows. */
  turnTo(moment: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves a recording. Everything is as it was sent, but for what leads to the kubelets: the addresses and ports in the
 * node objects are those of the servers on the loopback address.
 */
export async function replayCluster(recording: Recording): Promise<ReplayCluster> {
  const api = await startApiServer();
  const kubelets = new Map<string, ReplayKubelet>();
  for (const [node, answers] of Object.entries(recording.kubelets)) {
    kubelets.set(node, await startKubelet(answers));
  }
  return {
    api,
    async turnTo(moment) {
      for (const kubelet of kubelets.values()) {
        await kubelet.turnTo(moment);
      }
      const objects = recording.objects[Math.min(moment, recording.objects.length - 1)];
      showObjects(api, objects, recording.workloads, kubelets);
    },
    async close() {
      await Promise.all([api, ...kubelets.values()].map((server) => server.close()));
    },
  };
}

interface ReplayKubelet {
  readonly port: number;
  turnTo(moment: number): Promise<void>;
  close(): Promise<void>;
}

/** One kubelet; while the recording says that it refuses, nothing listens at its port. */
async function startKubelet(answers: readonly RecordedAnswer[]): Promise<ReplayKubelet> {
  let answer: RecordedAnswer = answers[0];
  const open = (port?: number): Promise<TestServer> =>
    serve(
      (request, response) => {
        if (request.url === '/stats/summary') {
          response.writeHead(answer.status ?? 200, { 'content-type': answer.contentType }).end(answer.body);
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
      if (answer.refused) {
        await server?.close();
        server = undefined;
      } else {
        server ??= await open(port);
      }
    },
    close: async () => server?.close(),
  };
}

function showObjects(
  api: TestApiServer,
  objects: RecordedObjects,
  workloads: string | undefined,
  kubelets: ReadonlyMap<string, { readonly port: number }>
): void {
  const nodes = itemsOf(objects.nodes).filter(({ metadata }) => kubelets.has(metadata.name));
  api.show(
    'nodes',
    nodes.map((node) => atLoopback(node, kubelets.get(node.metadata.name)!.port))
  );
  api.show('namespaces', itemsOf(objects.namespaces));
  api.show('pods', itemsOf(objects.pods));
  api.show('jobs', workloads === undefined ? [] : itemsOf(workloads).filter((item) => item.kind === 'Job'));
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
