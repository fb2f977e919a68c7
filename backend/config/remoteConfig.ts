import type { RemoteConfig, RemoteEngine } from './config.ts';
import type { Settings } from './gather.ts';
import type { ReadTextFile } from './otherPlaces.ts';
import { readFailure } from './readFailure.ts';
import { readRemoteText, type RemoteText } from './remoteText.ts';
import { alternatives } from './values.ts';

const FILES = ['tokenFile', 'basicAuthFile', 'caFile'] as const;
const PROTOCOLS = ['auto', '1.0', '2.0'] as const;
/** Labels that series have themselves. */
const OWN_LABELS =
  /^(node|namespace|workload_kind|workload|pod|container|resource_id|persistentvolumeclaim|interface|make|model|accelerator_id|uid|host_network|label_.*|__.*)$/;
const OWN_HEADERS = /^(host|content-.*|user-agent|x-prometheus-remote-write-version|transfer-encoding|connection)$/i;

/** Where samples are sent to and where older history is read from. No sentence shows headers or what files hold. */
export function remoteConfig(settings: Settings, readTextFile: ReadTextFile): RemoteConfig {
  const { values, problems } = settings;
  const read = (name: 'remote-write' | 'history', path: string) =>
    (values[name] ?? []).flatMap((text) => {
      const remote = readRemoteText(name, text);
      if ('problem' in remote) {
        problems.push(`--${name}: ${remote.problem}.`);
        return [];
      }
      const shown = `--${name}=${remote.origin}`;
      checkRemote(remote, shown, problems, readTextFile);
      return [{ remote, shown, engine: engineOf(remote, path) }];
    });
  const receivers = read('remote-write', '/api/v1/write').map(({ remote, shown, engine }) => ({
    ...engine,
    protocol: protocolOf(remote, shown, problems),
  }));
  const histories = read('history', '');
  if (histories.length > 1) {
    problems.push(`Older history can be read from one engine, but --history names ${histories.length}.`);
  }
  histories
    .filter(({ remote }) => remote.protocol !== undefined)
    .forEach(({ shown }) => {
      problems.push(`${shown}: the option protocol is one of --remote-write.`);
    });
  return {
    receivers: withDistinctNames(receivers),
    maxMemoryBytes: values['remote-write-memory'],
    maxDiskBytes: values['remote-write-disk'],
    history: histories[0]?.engine,
  };
}

function engineOf(
  { url, name, tokenFile, basicAuthFile, caFile, headers, labels }: RemoteText,
  path: string
): RemoteEngine {
  const address = new URL(url);
  if (address.pathname === '/') {
    address.pathname = path;
  }
  const fallback = `${address.host}${address.pathname === '/' ? '' : address.pathname}`;
  return { url: address.href, name: name ?? fallback, tokenFile, basicAuthFile, caFile, headers, labels };
}

function checkRemote(remote: RemoteText, shown: string, problems: string[], readTextFile: ReadTextFile): void {
  if (remote.tokenFile !== undefined && remote.basicAuthFile !== undefined) {
    problems.push(`${shown}: tokenFile and basicAuthFile do not go together.`);
  }
  for (const option of FILES) {
    const path = remote[option];
    const failure = path === undefined ? undefined : readFailure(path, readTextFile);
    if (failure !== undefined) {
      problems.push(
        `${shown}: the file ${path} of ${option} ${failure === 'absent' ? 'does not exist' : `cannot be read: ${failure}`}.`
      );
    }
  }
  if (remote.caFile !== undefined && remote.url.startsWith('http:')) {
    problems.push(`${shown}: caFile needs an address with https.`);
  }
  for (const name of Object.keys(remote.headers)) {
    if (/^(proxy-)?authorization$/i.test(name)) {
      problems.push(`${shown}: the header ${name} belongs into a file; use tokenFile or basicAuthFile.`);
    } else if (OWN_HEADERS.test(name) || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      problems.push(`${shown}: the header ${JSON.stringify(name)} cannot be set.`);
    }
  }
  for (const [name, value] of Object.entries(remote.labels)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || OWN_LABELS.test(name)) {
      const why = OWN_LABELS.test(name) ? 'is one that series have themselves' : 'is not a name of a label';
      problems.push(`${shown}: the label ${JSON.stringify(name)} ${why}.`);
    } else if (value === '') {
      problems.push(`${shown}: the label ${name} has no value.`);
    }
  }
}

function protocolOf({ protocol = 'auto' }: RemoteText, shown: string, problems: string[]): (typeof PROTOCOLS)[number] {
  // YAML reads 1.0 as the number 1.
  const known = PROTOCOLS.find((candidate) => candidate === protocol || candidate === `${protocol}.0`);
  if (known === undefined) {
    problems.push(`${shown}: the option protocol must be ${alternatives(PROTOCOLS)}.`);
  }
  return known ?? 'auto';
}

/** Two receivers at one address, such as two tenants, are told apart by a number. */
function withDistinctNames<T extends { readonly name: string }>(engines: readonly T[]): T[] {
  const counts = new Map<string, number>();
  return engines.map((engine) => {
    const count = (counts.get(engine.name) ?? 0) + 1;
    counts.set(engine.name, count);
    return count === 1 ? engine : { ...engine, name: `${engine.name} (${count})` };
  });
}
