import { batchOf, containerRow, MINUTE_MS, nodeRow, podRow, valuesOf } from '../../tests/support/batches.ts';
import { aDirectory, aNode, aPod } from '../../tests/support/facts.ts';
import { PodClaims } from './podClaims.ts';

const NODES = [aNode('worker-1'), aNode('worker-2')];
const [always, never] = [() => true, () => false];
const used = (bytes: number | bigint) => ({ values: { 'memory/usage': bytes } });

/** What a node says of the pods `shop/web` and `shop/db`, of a container of each, and of a volume of the second. */
function told(node: string, round = 1) {
  const volume = { owner: 'pod', namespace: 'shop', pod: 'db', resourceId: 'Volume:data', node } as const;
  return batchOf(
    {
      node: [nodeRow(node, used(100))],
      pod: [podRow('shop/web', used(1)), podRow('shop/db', used(2n ** 60n))],
      container: [containerRow('shop/web/app', used(3)), containerRow('shop/db/main', used(4))],
      filesystem: [
        { names: { owner: 'node', node, resourceId: '/' }, values: { 'filesystem/usage': 5 } },
        { names: volume, values: { 'filesystem/usage': 6 } },
      ],
    },
    round * MINUTE_MS,
    node
  );
}

test('a pod that two nodes tell of counts on the one that the API server has it on, with all that belongs to it', () => {
  const directory = aDirectory([aPod('shop/web'), aPod('shop/db', { nodeName: 'worker-2' })], NODES);
  for (const order of [NODES, [...NODES].reverse()]) {
    const claims = new PodClaims(MINUTE_MS);
    const kept = new Map(order.map(({ name }) => [name, claims.leaveOutOthers(told(name), directory, always).tables]));
    const [one, other] = [kept.get('worker-1')!, kept.get('worker-2')!];
    expect([one.pod?.keys, other.pod?.keys]).toEqual([['shop/web'], ['shop/db']]);
    expect([one.container?.keys, other.container?.keys]).toEqual([['shop/web/app'], ['shop/db/main']]);
    expect([one.filesystem?.names.length, other.filesystem?.names.length]).toEqual([1, 2]);
    expect(valuesOf(one.node, 'memory/usage')).toEqual({ 'worker-1': 100 });
    expect(valuesOf(other.pod, 'memory/usage')).toEqual({ 'shop/db': 2n ** 60n });
  }
});

test('a pod that the API server has nowhere is of the node that told of it first, until that stops', () => {
  const directory = aDirectory([aPod('shop/db', { nodeName: '' })], NODES);
  const claims = new PodClaims(MINUTE_MS);
  const podsOf = (node: string, round: number) =>
    claims.leaveOutOthers(told(node, round), directory, never).tables.pod?.keys.length;
  expect([podsOf('worker-2', 1), podsOf('worker-1', 1)]).toEqual([2, 0]);
  expect([podsOf('worker-1', 2), podsOf('worker-2', 2)]).toEqual([0, 2]);
  claims.forgetBefore(2 * MINUTE_MS);
  expect([podsOf('worker-1', 3), podsOf('worker-1', 4), podsOf('worker-2', 4)]).toEqual([0, 2, 0]);
  claims.forgetBefore(6 * MINUTE_MS);
  expect(podsOf('worker-2', 5)).toBe(2);
});

test('a pod that its own node does not tell of counts where it is told of', () => {
  const directory = aDirectory([aPod('shop/web'), aPod('shop/db')], NODES);
  const batch = told('worker-2');
  expect(new PodClaims(MINUTE_MS).leaveOutOthers(batch, directory, never)).toBe(batch);
});

test('where all pods are the own ones the batch stays the very same', () => {
  const directory = aDirectory([aPod('shop/web'), aPod('shop/db')], NODES);
  const list = directory.podsOnNode('worker-1');
  const claims = new PodClaims(MINUTE_MS);
  const batch = told('worker-1');
  const lookups: string[] = [];
  const counted = {
    podsOnNode: () => list,
    pod: (namespace: string, name: string) => (lookups.push(name), directory.pod(namespace, name)),
  };
  expect(claims.leaveOutOthers(batch, counted, never)).toBe(batch);
  expect(claims.leaveOutOthers(batch, counted, never)).toBe(batch);
  expect(lookups).toEqual(['web', 'db']);
});
