import type { Setting } from './setting.ts';
import { bytes, type Parsed } from './values.ts';

const OPTIONS =
  'Options: `tokenFile` (bearer token), `basicAuthFile` (`USER:PASSWORD`), `caFile` (PEM), `header.NAME`, `label.NAME`';

/** Several addresses may stand with blanks between them, as in the environment; a mapping of the file is one. */
function addresses(text: string): Parsed<string[]> {
  const value = text.startsWith('{') ? [text] : text.split(/\s+/).filter((address) => address !== '');
  return value.length === 0 ? { problem: 'must not be empty' } : { value };
}

/** Settings of other engines: where samples are sent to, and where older history is read from. */
export const remoteSettings = {
  'remote-write': {
    group: 'remote',
    shape: 'URL?OPTIONS',
    description: `Send every round to an engine by Prometheus remote write, such as \`http://HOST:9090/api/v1/write\`. ${OPTIONS} (added to every series) and \`protocol\` (\`auto\`, \`1.0\`, \`2.0\`); other parameters stay in the address. In the environment several are divided by blanks. See remote.md.`,
    parse: addresses,
    repeatable: 'joined',
    structured: true,
  },
  'remote-write-memory': {
    group: 'remote',
    shape: 'BYTES',
    description: 'What may wait for each receiver in memory; then it goes to the disk, or the oldest is lost.',
    default: '64MiB',
    parse: bytes(2 ** 20),
  },
  'remote-write-disk': {
    group: 'remote',
    shape: 'BYTES',
    description:
      'What may wait for each receiver in the data directory while it is away; then the oldest is lost. An hour of 100 nodes of 30 pods takes some 150 MB.',
    default: '1GiB',
    parse: bytes(2 ** 20),
  },
  history: {
    group: 'remote',
    shape: 'URL?OPTIONS',
    description: `Read values older than the own history from a Prometheus-compatible engine that \`--remote-write\` fills, such as \`http://HOST:9090\`. ${OPTIONS} (that series must have).`,
    parse: addresses,
    repeatable: 'counted',
    structured: true,
  },
} as const satisfies Record<string, Setting<unknown>>;
