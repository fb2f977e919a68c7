import { codeOf, HeapscopeError, sentenceOf } from '../errors.ts';
import { isObject, textAt } from './json.ts';

/** A status other than 2xx, or a failed watch event, with what the API server said. */
export class ApiStatusError extends HeapscopeError {
  readonly apiStatus: number;

  constructor(apiStatus: number, sentence: string) {
    super('cluster_unreachable', sentence);
    this.apiStatus = apiStatus;
  }
}

/** What was asked, in words for a sentence. */
export interface Asked {
  /** `list`, `watch`, `get`, `create`. */
  readonly verb: string;
  /** `pods`, `replicasets.apps`. */
  readonly resource: string;
}

/** The sentence for an answer that is not a success. `body` is what the server sent, if anything. */
export function statusProblem(server: URL, asked: Asked, status: number, body: unknown): ApiStatusError {
  const said = isObject(body) ? textAt(body, 'message') : '';
  return new ApiStatusError(status, statusSentence(server, asked, status, said));
}

function statusSentence(server: URL, asked: Asked, status: number, said: string): string {
  switch (status) {
    case 401:
      return `The API server at ${server.host} did not accept the credential (401). Renew the token or certificate that Heapscope was given.`;
    case 403: {
      const user = /User "([^"]+)"/.exec(said)?.[1];
      return `The API server forbids Heapscope to ${asked.verb} ${asked.resource} (403). Allow ${user ? `"${user}"` : 'its service account'} ${verbs(asked.verb)} on \`${asked.resource}\`.`;
    }
    case 404:
      return `The API server at ${server.host} does not know ${asked.resource} (404). Check that the address is that of a Kubernetes API server.`;
    case 410:
      return `The watch of ${asked.resource} expired (410).`;
    case 429:
      return `The API server at ${server.host} is overloaded and put off the request to ${asked.verb} ${asked.resource} (429).`;
    default:
      return `The API server at ${server.host} failed to ${asked.verb} ${asked.resource} (${status})${said ? `: ${firstLine(said)}` : ''}.`;
  }
}

/** Whoever lists also watches: both rights are asked for at once. */
function verbs(verb: string): string {
  return verb === 'list' || verb === 'watch' ? '`list` and `watch`' : `\`${verb}\``;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 300).replace(/\.$/, '');
}

/** The sentence for a request that got no answer: refused, unknown host, TLS, timeout, cut off. */
export function networkProblem(server: URL, error: unknown): HeapscopeError {
  if (error instanceof HeapscopeError) {
    return error;
  }
  return new HeapscopeError('cluster_unreachable', networkSentence(server, error), { cause: error });
}

function networkSentence(server: URL, error: unknown): string {
  const code = isTimeout(error) ? 'ETIMEDOUT' : codeOf(error);
  const where = `the API server at ${server.host}`;
  if (code === 'ECONNREFUSED') {
    return `Connection to ${where} was refused. Check the address, and that the API server runs.`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `The name ${server.hostname} of the API server is not known to DNS (${code}). Check the address.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${where} is not for that name. Use a name or IP that is in the certificate, or set the server name in the kubeconfig.`;
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return `The certificate of ${where} is not valid at this time (${code}). Renew it, and compare the clocks.`;
  }
  if (CA_CODES.has(code)) {
    return `The certificate of ${where} is not signed by a CA that Heapscope was given (${code}). Name the CA of the cluster.`;
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return `TLS with ${where} failed (${code}). Check whether the address should begin with http:// and that the client certificate fits.`;
  }
  if (TIMEOUT_CODES.has(code)) {
    return `No answer from ${where} in time (${code}). Check the address and the network path.`;
  }
  return `The request to ${where} failed: ${sentenceOf(error)}. Check the address and the network path.`;
}

const CA_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_ABORTED',
  'ABORT_ERR',
]);

/** Signals that end by time reject with this name and a number for a code. */
function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
}
