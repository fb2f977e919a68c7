/** An engine as somebody wrote it: an address with options, or a mapping of the file. */
export interface RemoteText {
  /** Without our options; the parameters that are left belong to the engine. */
  readonly url: string;
  /** Scheme, host and path, for sentences. */
  readonly origin: string;
  readonly name?: string;
  readonly protocol?: string;
  readonly tokenFile?: string;
  readonly basicAuthFile?: string;
  readonly caFile?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

type Problem = { readonly problem: string };

const OPTIONS = ['name', 'protocol', 'tokenFile', 'basicAuthFile', 'caFile'] as const;

/** Takes `URL?OPTIONS` apart, or the JSON of a mapping with the keys url, headers, labels and those of the options. */
export function readRemoteText(setting: string, text: string): RemoteText | Problem {
  return text.startsWith('{') ? readMapping(setting, JSON.parse(text) as Record<string, unknown>) : readAddress(text);
}

function readAddress(text: string): RemoteText | Problem {
  const url = addressOf(text);
  if ('problem' in url) {
    return url;
  }
  const options: Record<string, string> = {};
  const groups = { header: {} as Record<string, string>, label: {} as Record<string, string> };
  for (const [name, value] of [...url.searchParams]) {
    const [, group, key] = /^(header|label)\.(.+)$/.exec(name) ?? [];
    if (group === 'header' || group === 'label') {
      groups[group][key] = value;
    } else if (OPTIONS.some((option) => option === name)) {
      options[name] = value;
    } else {
      continue;
    }
    url.searchParams.delete(name);
  }
  return {
    url: url.href,
    origin: `${url.origin}${url.pathname}`,
    ...options,
    headers: groups.header,
    labels: groups.label,
  };
}

function readMapping(setting: string, mapping: Record<string, unknown>): RemoteText | Problem {
  const { url: address, headers = {}, labels = {}, ...options } = mapping;
  if (typeof address !== 'string') {
    return { problem: `an entry of the file needs an address: url: https://HOST` };
  }
  const url = addressOf(address);
  if ('problem' in url) {
    return url;
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.some((option) => option === name));
  if (unknown !== undefined) {
    return {
      problem: `an entry of ${setting} has no ${JSON.stringify(unknown)}; known are url, headers, labels, ${OPTIONS.join(', ')}`,
    };
  }
  const texts = { headers: textsOf(headers), labels: textsOf(labels), options: textsOf(options) };
  if (!texts.headers || !texts.labels || !texts.options) {
    return { problem: `headers, labels and options of an entry of ${setting} must be texts` };
  }
  return {
    url: url.href,
    origin: `${url.origin}${url.pathname}`,
    ...texts.options,
    headers: texts.headers,
    labels: texts.labels,
  };
}

function textsOf(mapping: unknown): Record<string, string> | undefined {
  if (typeof mapping !== 'object' || mapping === null || Array.isArray(mapping)) {
    return undefined;
  }
  const entries = Object.entries(mapping);
  return entries.every(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    ? Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
    : undefined;
}

/** The text is not repeated in the sentence: somebody may have written a password into it. */
function addressOf(text: string): URL | Problem {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return { problem: 'must be an address with http or https, such as http://HOST:9090/api/v1/write' };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem: `${url.origin} must not hold a user and a password; put them into a file and name it with basicAuthFile`,
    };
  }
  return url;
}
