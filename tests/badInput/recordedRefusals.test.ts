import { createKubeletClient } from '../../backend/kubelet/client.ts';
import { createDirectory } from '../../backend/kubernetes/directory.ts';
import { aNode } from '../support/facts.ts';
import { readRecordedErrors } from '../support/recordings.ts';
import { serve } from '../support/server.ts';
import { until } from '../support/until.ts';

/** What real kubelets and a real API server answer when they refuse. */
const RECORDED = readRecordedErrors();

/** A server that gives one recorded answer to everything. */
function refuseWith(name: string) {
  const { status, contentType, body } = RECORDED[name];
  return serve((_request, response) => {
    response.writeHead(status, contentType ? { 'content-type': contentType } : {}).end(body);
  });
}

describe.each(['1.19', '1.28', '1.35'])('a kubelet of %s', (version) => {
  test.each([
    [
      '403',
      'kubelet_forbidden',
      'Kubelet on node worker-1 refused the request (403). Allow the service account default/nobody `get` on `nodes/stats`.',
    ],
    [
      '401-anonymous',
      'kubelet_unauthorized',
      'Kubelet on node worker-1 did not accept the credential (401). Turn on webhook token authentication of the kubelet, or check the token.',
    ],
    [
      '401-bad-token',
      'kubelet_unauthorized',
      'Kubelet on node worker-1 did not accept the credential (401). Turn on webhook token authentication of the kubelet, or check the token.',
    ],
    [
      '404',
      'kubelet_status',
      "Kubelet on node worker-1 has no /stats/summary (404). Check that the port at HOST is the kubelet's, and that the summary is not turned off.",
    ],
    [
      'http-on-https',
      'kubelet_refused',
      'Kubelet on node worker-1 speaks HTTPS at HOST but was asked over plain HTTP. Turn HTTPS for kubelets on.',
    ],
  ])('that answers %s is told as %s', async (answer, code, sentence) => {
    const server = await refuseWith(`kubelet-${version}-${answer}`);
    const kubelets = createKubeletClient({ access: 'direct', https: false, port: server.port });
    try {
      await expect(kubelets.readSummary(aNode('worker-1'), { deadlineMs: 5_000 })).rejects.toMatchObject({
        code,
        message: sentence.replace('HOST', `127.0.0.1:${server.port}`),
      });
    } finally {
      await kubelets.close();
      await server.close();
    }
  });
});

test.each([
  [
    'api-403',
    'The API server forbids Heapscope to list nodes (403). Allow "system:serviceaccount:default:nobody" `list` and `watch` on `nodes`.',
  ],
  [
    'api-403-anonymous',
    'The API server forbids Heapscope to list nodes (403). Allow "system:anonymous" `list` and `watch` on `nodes`.',
  ],
  [
    'api-401',
    'The API server at HOST did not accept the credential (401). Renew the token or certificate that Heapscope was given.',
  ],
])('an API server that answers %s is told in a sentence', async (name, sentence) => {
  const server = await refuseWith(name);
  const directory = createDirectory({
    connection: { kind: 'url', url: server.url },
    log: { info: () => undefined, warn: () => undefined },
  });
  try {
    directory.start();
    await until('the first refusal', () => directory.problems().length > 0);
    expect(directory.problems()).toContain(sentence.replace('HOST', `127.0.0.1:${server.port}`));
  } finally {
    await directory.stop();
    await server.close();
  }
});
