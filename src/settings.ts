import type { DataSourceJsonData } from '@grafana/data';

/** What an administrator sets, readable by every viewer. Grafana's proxy itself acts on the two TLS fields. */
export interface HeapscopeSettings extends DataSourceJsonData {
  /** Address of the backend as Grafana's server sees it, without a slash at the end. */
  backendUrl?: string;
  tlsSkipVerify?: boolean;
  tlsAuthWithCACert?: boolean;
}

/** What only Grafana's server reads. */
export interface HeapscopeSecrets {
  /** Bearer token of the backend. */
  token?: string;
  tlsCACert?: string;
}

/** What is wrong with an address, as a sentence; undefined if nothing is. */
export function findAddressProblem(address: string | undefined): string | undefined {
  if (!address?.trim()) {
    return 'Give the address of the Heapscope backend, such as http://heapscope.monitoring:8082.';
  }
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return `"${address}" is no address. It looks like http://heapscope.monitoring:8082.`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `The address must begin with http:// or https://, not with ${url.protocol}//.`;
  }
  if (url.username || url.password) {
    return 'The address must not contain a user or password: every viewer can read it. Use the token.';
  }
  if (url.search || url.hash || address.endsWith('/')) {
    return 'The address must end with the host, the port or a path, without a slash, "?" or "#" after it.';
  }
  return undefined;
}
