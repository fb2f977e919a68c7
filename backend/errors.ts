/** What can go wrong, in one list: the HTTP status it answers with and what a reader should do about it. */
export const ERRORS = {
  bad_config: { status: 500, help: 'Correct the named settings; `heapscope --help` lists them all.' },
  bad_request: { status: 400, help: 'Correct the named parameter.' },
  unknown_metric: { status: 400, help: 'Choose a name from the metrics list (`docs/metrics.md`).' },
  limit_exceeded: { status: 422, help: 'Ask for less: a shorter range, more filters, a group-by or a top N.' },
  unauthorized: { status: 401, help: 'Send `Authorization: Bearer TOKEN` with a token this backend knows.' },
  forbidden: { status: 403, help: 'Use a token whose rights or namespaces cover what was asked.' },
  not_found: { status: 404, help: 'Check the path.' },
  method_not_allowed: { status: 405, help: 'Use the method the route names.' },
  body_too_large: { status: 413, help: 'Send a smaller request.' },
  too_many_streams: { status: 429, help: 'Close panels that are live, or raise `--max-streams`.' },
  not_ready: { status: 503, help: 'Wait for the first round of collection.' },
  cluster_unreachable: { status: 502, help: 'Check the API server address, the network and the credentials.' },
  kubelet_refused: { status: 502, help: 'Check that the kubelet runs and listens on the port that is asked.' },
  kubelet_timeout: { status: 504, help: 'Check the load of the node and the network path to it.' },
  kubelet_unauthorized: {
    status: 502,
    help: 'Give the kubelet a credential it accepts (webhook token authentication, or the read-only port).',
  },
  kubelet_forbidden: { status: 502, help: 'Allow the service account `get` on `nodes/stats`.' },
  kubelet_certificate: {
    status: 502,
    help: 'Give the kubelet a serving certificate that the cluster CA signed, or name its CA.',
  },
  kubelet_status: { status: 502, help: 'Look at the kubelet log of that node.' },
  kubelet_unreadable: { status: 502, help: 'Ask the kubelet by hand for `/stats/summary` and compare.' },
  kubelet_too_large: { status: 502, help: 'Raise the limit of an answer or look at what the kubelet sends.' },
  kubelet_address: { status: 502, help: 'Check the addresses in the node status and the address preference.' },
  kubelet_clock: { status: 502, help: 'Set the clocks of the node and of this machine by NTP.' },
  kubelet_values: { status: 502, help: 'Look at the kubelet log of that node; the values named were left out.' },
  kubelet_cadvisor: {
    status: 502,
    help: 'Look at the sentence; the other values of that node are there. `--cadvisor-metrics=false` asks no longer.',
  },
  node_not_ready: { status: 503, help: 'Look at the conditions of the node.' },
  history_format: {
    status: 500,
    help: 'Start the version that wrote the history, or give another folder (`--data-dir`).',
  },
  history_unusable: { status: 500, help: 'Give a folder on a disk that is there and that this user may write to.' },
  history_locked: {
    status: 500,
    help: 'Stop the other Heapscope that writes into this folder, or give another one (`--data-dir`).',
  },
  sink_unreachable: {
    status: 502,
    help: 'Check the address in `--sink` and the database there; values wait within bounds and are sent as soon as it answers.',
  },
  sink_refused: {
    status: 502,
    help: 'Look at the sentence: user, password, database or a type of value; what was refused is not sent again.',
  },
  remote_unreachable: {
    status: 502,
    help: 'Check the address in `--history` or `--remote-write`, and that the engine there runs; samples to be sent wait within bounds.',
  },
  remote_refused: {
    status: 502,
    help: 'Look at the sentence, which has the answer of the engine in `--history`: credentials, a limit of its own, or an address that is not its API.',
  },
  internal: { status: 500, help: 'This is a fault of Heapscope; the log has the details.' },
} as const satisfies Record<string, { status: number; help: string }>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A failure with a sentence for the person who reads it: what failed, for which object, what to do.
 * `code` is one of {@link ERRORS}; `cause` is what was caught, if anything.
 */
export class HeapscopeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'HeapscopeError';
    this.code = code;
  }

  /** HTTP status this failure answers with. */
  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of whatever was thrown, or of what caused it (`ECONNREFUSED`); empty if it has none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) {
    return '';
  }
  if ('code' in error && typeof error.code === 'string') {
    return error.code;
  }
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) {
    return codeOf(error.errors[0]);
  }
  return 'cause' in error ? codeOf(error.cause) : '';
}
