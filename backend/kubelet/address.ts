import { isIP } from 'node:net';
import { HeapscopeError } from '../errors.ts';
import type { NodeFacts } from '../model/facts.ts';

export type AddressType = 'InternalIP' | 'ExternalIP' | 'InternalDNS' | 'ExternalDNS' | 'Hostname';

/** Heapster's order, continued by what needs DNS. */
export const DEFAULT_ADDRESS_TYPES: readonly AddressType[] = [
  'InternalIP',
  'ExternalIP',
  'InternalDNS',
  'ExternalDNS',
  'Hostname',
];

/** Port of a kubelet that does not tell its own. */
export const DEFAULT_KUBELET_PORT = 10250;

/** Where a kubelet is dialled. */
export interface KubeletAddress {
  /** IP without brackets, or DNS name. */
  readonly host: string;
  readonly port: number;
}

/** The first address of the preferred types; a type of IPs only takes IPs. */
export function kubeletAddress(
  node: NodeFacts,
  types: readonly AddressType[],
  port: number | 'node-status'
): KubeletAddress {
  for (const type of types) {
    const needsIp = type.endsWith('IP');
    const found = node.addresses.find(
      (entry) => entry.type === type && entry.address !== '' && (!needsIp || isIP(entry.address) !== 0)
    );
    if (found) {
      return { host: found.address, port: port === 'node-status' ? (node.kubeletPort ?? DEFAULT_KUBELET_PORT) : port };
    }
  }
  const has = node.addresses.map((entry) => `${entry.type} ${entry.address}`).join(', ') || 'none';
  throw new HeapscopeError(
    'kubelet_address',
    `Node ${node.name} has no address of the types ${types.join(', ')} (it has: ${has}). ` +
      'Correct the address preference, or look at the addresses in the node status.'
  );
}

/** `10.0.0.1:10250`, `[fd00::1]:10250`. */
export function hostAndPort({ host, port }: KubeletAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
