import type { NodeFacts } from '../model/facts.ts';
import { DEFAULT_ADDRESS_TYPES, hostAndPort, kubeletAddress } from './address.ts';

function nodeAt(addresses: NodeFacts['addresses'], kubeletPort?: number): NodeFacts {
  return { name: 'worker-1', addresses, kubeletPort } as NodeFacts;
}

const both = [
  { type: 'Hostname', address: 'worker-1' },
  { type: 'ExternalIP', address: '198.51.100.7' },
  { type: 'InternalIP', address: '10.0.0.1' },
];

test('the preferred type wins over the order of the node status', () => {
  expect(kubeletAddress(nodeAt(both), DEFAULT_ADDRESS_TYPES, 10255)).toEqual({ host: '10.0.0.1', port: 10255 });
  expect(kubeletAddress(nodeAt(both), ['Hostname', 'InternalIP'], 10255).host).toBe('worker-1');
});

test('the port is the one that the node status tells, or 10250', () => {
  expect(kubeletAddress(nodeAt(both, 10350), DEFAULT_ADDRESS_TYPES, 'node-status').port).toBe(10350);
  expect(kubeletAddress(nodeAt(both), DEFAULT_ADDRESS_TYPES, 'node-status').port).toBe(10250);
});

test('an IPv6 address is put in brackets', () => {
  const address = kubeletAddress(nodeAt([{ type: 'InternalIP', address: 'fd00::1' }]), DEFAULT_ADDRESS_TYPES, 10250);
  expect(hostAndPort(address)).toBe('[fd00::1]:10250');
});

test('an IP type that holds no IP is passed over', () => {
  const odd = [
    { type: 'InternalIP', address: 'not-an-ip' },
    { type: 'InternalDNS', address: 'worker-1.internal' },
  ];
  expect(kubeletAddress(nodeAt(odd), DEFAULT_ADDRESS_TYPES, 1).host).toBe('worker-1.internal');
});

test('a node without a usable address is an error that tells what it has', () => {
  expect(() => kubeletAddress(nodeAt([{ type: 'Hostname', address: 'worker-1' }]), ['InternalIP'], 1)).toThrow(
    'Node worker-1 has no address of the types InternalIP (it has: Hostname worker-1).'
  );
});
