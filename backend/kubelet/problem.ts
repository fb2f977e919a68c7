import { codeOf, HeapscopeError, sentenceOf } from '../errors.ts';
import { hostAndPort } from './address.ts';
import type { KubeletAddress } from './address.ts';

/** Who was asked, for sentences. */
export interface AskedKubelet {
  readonly nodeName: string;
  readonly https: boolean;
  /** Missing when the API server was asked to pass the question on. */
  readonly address?: KubeletAddress;
}

/** Where old kubelets tell their containers one by one, asked by POST. */
export const CONTAINERS_PATH = '/stats/container/';

const CA_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

/** The kubelet does not have what it was asked for, or not for questions of this kind. */
export class UnknownPath extends HeapscopeError {}

/** The error for an answer with another status than 200 to a question for `path`. */
export function statusProblem(asked: AskedKubelet, path: string, status: number, body: Buffer): HeapscopeError {
  const who = subject(asked);
  const said = body.toString('utf8', 0, 300).trim();
  if (said.includes('HTTP request to an HTTPS server')) {
    return new HeapscopeError(
      'kubelet_refused',
      `${who} speaks HTTPS${at(asked)} but was asked over plain HTTP. Turn HTTPS for kubelets on.`
    );
  }
  if (status === 401) {
    return new HeapscopeError(
      'kubelet_unauthorized',
      `${who} did not accept the credential (401). Turn on webhook token authentication of the kubelet, or check the token.`
    );
  }
  if (status === 403) {
    return new HeapscopeError('kubelet_forbidden', `${who} refused the request (403). ${rights(asked, path, said)}`);
  }
  if (status === 404 || status === 405) {
    return new UnknownPath(
      'kubelet_status',
      `${who} has no ${path} (${status}). Check that the port${at(asked)} is the kubelet's, and that the ${path.startsWith('/stats') ? 'summary is' : 'metrics are'} not turned off.`
    );
  }
  if (status >= 300 && status < 400) {
    return new HeapscopeError(
      'kubelet_status',
      `${who} answered with a redirect (${status}), which is not followed. Check that the port${at(asked)} is the kubelet's.`
    );
  }
  return new HeapscopeError(
    'kubelet_status',
    `${who} answered with status ${status}${quoted(said)}. Look at the kubelet log of that node.`
  );
}

function rights(asked: AskedKubelet, path: string, said: string): string {
  const user = /user=([^,)]+)/.exec(said)?.[1] ?? /User "([^"]+)"/.exec(said)?.[1];
  const subjectName = user?.startsWith('system:serviceaccount:')
    ? `the service account ${user.slice('system:serviceaccount:'.length).replace(':', '/')}`
    : user
      ? `the user "${user}"`
      : 'the service account';
  const right = !asked.address ? 'nodes/proxy' : path.startsWith('/stats') ? 'nodes/stats' : 'nodes/metrics';
  if (path === CONTAINERS_PATH) {
    return `Allow ${subjectName} \`create\` on \`${right}\`, which POST ${path} needs; with the source kubernetes.summary_api \`get\` is enough.`;
  }
  return `Allow ${subjectName} \`get\` on \`${right}\`.`;
}

/** The error for a request that got no complete answer. `receivedBytes` is what came of it. */
export function transportProblem(asked: AskedKubelet, error: unknown, receivedBytes: number): HeapscopeError {
  if (error instanceof HeapscopeError) {
    return error;
  }
  const [code, sentence] = describe(asked, error, receivedBytes);
  return new HeapscopeError(code, sentence, { cause: error });
}

type Described = [code: HeapscopeError['code'], sentence: string];

function describe(asked: AskedKubelet, error: unknown, receivedBytes: number): Described {
  const who = subject(asked);
  const code = codeOf(error);
  const isNotHttp = error instanceof Error && error.name === 'HTTPParserError';
  if (receivedBytes > 0) {
    return [
      'kubelet_unreadable',
      `${who} cut its answer off after ${receivedBytes} bytes. Look at the kubelet log of that node.`,
    ];
  }
  if (isNotHttp) {
    return [
      'kubelet_unreadable',
      `${who} answered${at(asked)} with something that is not HTTP. Check that the port is the kubelet's.`,
    ];
  }
  return (
    describeTls(asked, code) ??
    describeNetwork(asked, code) ?? [
      'kubelet_refused',
      `${who} closed the connection${at(asked)} without an answer: ${sentenceOf(error)}. Look at the kubelet log of that node.`,
    ]
  );
}

function describeTls(asked: AskedKubelet, code: string): Described | undefined {
  const who = subject(asked);
  if (CA_CODES.has(code)) {
    return [
      'kubelet_certificate',
      `${who} shows a certificate that no trusted CA signed (${code}). Let the cluster sign kubelet certificates (serverTLSBootstrap), or name the CA of the kubelets.`,
    ];
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [
      'kubelet_certificate',
      `${who} shows a certificate that is valid neither for ${asked.address?.host} nor for the name ${asked.nodeName}. Give the kubelet a serving certificate with one of them.`,
    ];
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return ['kubelet_certificate', `${who} shows a certificate that ${when}. Renew it, and compare the clocks.`];
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return [
      'kubelet_refused',
      `${who} does not speak TLS as expected${at(asked)} (${code}). Check the port, and whether it is the plain HTTP one.`,
    ];
  }
  return undefined;
}

function describeNetwork(asked: AskedKubelet, code: string): Described | undefined {
  const who = subject(asked);
  if (code === 'ECONNREFUSED') {
    return [
      'kubelet_refused',
      `${who} refused the connection${at(asked)}. Check that the kubelet runs and listens there.`,
    ];
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return [
      'kubelet_address',
      `The name ${asked.address?.host} of node ${asked.nodeName} is not known to DNS (${code}). Prefer another type of address.`,
    ];
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN') {
    return ['kubelet_refused', `${who} cannot be reached${at(asked)} (${code}). Check the network path to the node.`];
  }
  if (code === 'ETIMEDOUT' || (code.startsWith('UND_ERR') && code.endsWith('TIMEOUT'))) {
    return [
      'kubelet_timeout',
      `${who} did not answer${at(asked)} (${code}). Check the load of the node and the network path to it.`,
    ];
  }
  return undefined;
}

/** The deadline passed. */
export function deadlineProblem(asked: AskedKubelet, deadlineMs: number, receivedBytes: number): HeapscopeError {
  const how = receivedBytes > 0 ? `sent only ${receivedBytes} bytes` : 'did not answer';
  return new HeapscopeError(
    'kubelet_timeout',
    `${subject(asked)} ${how} within ${deadlineMs / 1000} s${at(asked)}. Check the load of the node and the network path to it.`
  );
}

export function tooLargeProblem(asked: AskedKubelet, limitBytes: number): HeapscopeError {
  return new HeapscopeError(
    'kubelet_too_large',
    `${subject(asked)} sends more than ${Math.round(limitBytes / 1024 / 1024)} MiB. Raise the limit of an answer, or look at what the kubelet sends.`
  );
}

export function emptyProblem(asked: AskedKubelet, path: string): HeapscopeError {
  return new HeapscopeError(
    'kubelet_unreadable',
    `${subject(asked)} sent an empty answer. Ask it by hand for ${path} and look at its log.`
  );
}

function subject(asked: AskedKubelet): string {
  return `Kubelet on node ${asked.nodeName}`;
}

function at(asked: AskedKubelet): string {
  return asked.address ? ` at ${hostAndPort(asked.address)}` : '';
}

function quoted(said: string): string {
  const line = said.split('\n', 1)[0];
  return line === '' || line.startsWith('<') ? '' : ` ("${line.slice(0, 120)}")`;
}
