import type { Setting } from './setting.ts';
import { address, choice, commaList, someText, truth, wholeNumber } from './values.ts';
import type { Parsed } from './values.ts';

/** A label to store under a name of its own. */
export interface StoredLabel {
  readonly name: string;
  readonly key: string;
}

function storedLabels(text: string): Parsed<StoredLabel[]> {
  const list = commaList(text);
  if ('problem' in list) {
    return list;
  }
  const labels = list.value.map((entry) => {
    const [name, key, ...rest] = entry.split('=');
    return { name, key: key ?? name, wrong: name === '' || key === '' || rest.length > 0 };
  });
  return labels.some((label) => label.wrong)
    ? { problem: 'must be a label key, or "newname=key"' }
    : { value: labels.map(({ name, key }) => ({ name, key })) };
}

/** Settings of the server, of access to it, of Heapster's face and of the log. */
export const serverSettings = {
  'heapster-port': {
    group: 'server',
    shape: 'PORT',
    description: 'Port of the HTTP server; 0 takes a free one.',
    default: '8082',
    parse: wholeNumber(0, 65_535),
    heapster: true,
  },
  'listen-ip': {
    group: 'server',
    shape: 'IP',
    description: 'Address of the HTTP server; empty means all addresses.',
    defaultWords: 'all addresses in a cluster or with `--source`, else 127.0.0.1; always 127.0.0.1 with `--auth=none`',
    parse: address,
    heapster: true,
  },
  'tls-cert': {
    group: 'server',
    shape: 'FILE',
    description:
      'Certificate of the server with its chain (PEM); makes it HTTPS. Read again when it changes, with its key.',
    parse: someText,
    heapster: true,
  },
  'tls-key': {
    group: 'server',
    shape: 'FILE',
    description: 'Private key of the server (PEM).',
    parse: someText,
    heapster: true,
  },
  auth: {
    group: 'auth',
    shape: 'token|none|kubernetes',
    description:
      'Who may ask. `token`: who sends a bearer token this backend knows. `kubernetes`: who sends a Kubernetes token with the right `get nodes/metrics`, or `list pods` in a namespace. `none`: everybody who can connect; then only this machine can, unless `--listen-ip` is given too.',
    default: 'token',
    parse: choice('token', 'none', 'kubernetes'),
  },
  'auth-token-file': {
    group: 'auth',
    shape: 'FILE',
    description:
      'File with tokens, one per line; `TOKEN NAMESPACE,NAMESPACE` binds one to namespaces. If it does not exist, a token is made and written to it.',
    parse: someText,
  },
  'auth-token': {
    group: 'auth',
    shape: 'TOKEN',
    description: 'A token that may see everything.',
    defaultWords: 'made at the start and shown once, if there is no token at all',
    parse: someText,
    secret: true,
  },
  'heapster-api': {
    group: 'heapster',
    shape: 'open|token|off',
    description:
      "Heapster's own API (see heapster.md): open to everybody who can connect, as Heapster's clients send no token; with a token; or not at all.",
    default: 'token',
    parse: choice('open', 'token', 'off'),
  },
  'disable-export': {
    group: 'heapster',
    shape: '',
    description: '`/api/v1/metric-export` answers `[]`, as it did in Heapster.',
    default: 'false',
    parse: truth,
    heapster: true,
  },
  'disable-metric-sink': {
    group: 'heapster',
    shape: '',
    description:
      '`/api/v1/model` is not there (404), as in Heapster. All else stays: what is kept in memory is needed for it.',
    default: 'false',
    parse: truth,
    heapster: true,
  },
  'dashboard-api': {
    group: 'heapster',
    shape: 'open|token|off',
    description:
      "The API of the Kubernetes Dashboard's metrics scraper: open to everybody who can connect (the Dashboard sends no token), with a token, or not at all.",
    default: 'token',
    parse: choice('open', 'token', 'off'),
  },
  'store-label': {
    group: 'heapster',
    shape: 'KEY|NAME=KEY,…',
    description: 'Label that is also stored under a name of its own.',
    parse: storedLabels,
    repeatable: 'joined',
    heapster: true,
  },
  'ignore-label': {
    group: 'heapster',
    shape: 'KEY,…',
    description: 'Label that is left out of the joined `labels` string.',
    parse: commaList,
    repeatable: 'joined',
    heapster: true,
  },
  'label-separator': {
    group: 'heapster',
    shape: 'TEXT',
    description: 'Stands between the `key:value` pairs of the `labels` string.',
    default: ',',
    defaultWords: 'a comma',
    parse: (text: string): Parsed<string> => ({ value: text }),
    heapster: true,
  },
  sink: {
    group: 'heapster',
    shape: 'PREFIX:URL?OPTIONS',
    description:
      "Write Heapster's metrics to `influxdb:http://HOST:8086` or `graphite:tcp://HOST:2003` too (see sinks.md); in the environment several are divided by blanks.",
    parse: (text: string): Parsed<string[]> => ({ value: text.split(/\s+/).filter((part) => part !== '') }),
    repeatable: 'joined',
    heapster: true,
  },
  'log-level': {
    group: 'log',
    shape: 'debug|info|warn|error',
    description: 'Least important messages that are logged.',
    default: 'info',
    parse: choice('debug', 'info', 'warn', 'error'),
  },
  'log-format': {
    group: 'log',
    shape: 'json|text',
    description: 'Form of the log.',
    defaultWords: 'json in a cluster, else text',
    parse: choice('json', 'text'),
  },
} as const satisfies Record<string, Setting<unknown>>;
