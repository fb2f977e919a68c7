import type { Setting } from './setting.ts';
import { address, someText, wholeNumber } from './values.ts';

/** Settings of `metrics.k8s.io`, called as metrics-server calls them. */
export const metricsApiSettings = {
  'secure-port': {
    group: 'metricsapi',
    shape: 'PORT',
    description:
      'Serve `metrics.k8s.io/v1beta1` by HTTPS at this port, for `kubectl top` and the HorizontalPodAutoscaler; 0 does not.',
    defaultWords: 'not served',
    parse: wholeNumber(0, 65_535),
  },
  'bind-address': {
    group: 'metricsapi',
    shape: 'IP',
    description: 'Address of that port; empty means all addresses.',
    defaultWords: 'that of `--listen-ip`',
    parse: address,
  },
  'tls-cert-file': {
    group: 'metricsapi',
    shape: 'FILE',
    description: 'Certificate of that port with its chain (PEM). Read again when it changes, with its key.',
    defaultWords: '`apiserver.crt` in `--cert-dir`, else one that is made at the start and signed by itself',
    parse: someText,
  },
  'tls-private-key-file': {
    group: 'metricsapi',
    shape: 'FILE',
    description: 'Private key of that port (PEM).',
    defaultWords: '`apiserver.key` in `--cert-dir`',
    parse: someText,
  },
  'cert-dir': {
    group: 'metricsapi',
    shape: 'FOLDER',
    description: 'Folder with `apiserver.crt` and `apiserver.key`. Nothing is written to it.',
    parse: someText,
  },
} as const satisfies Record<string, Setting<unknown>>;
