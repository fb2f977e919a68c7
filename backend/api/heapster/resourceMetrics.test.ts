import { aDirectory, aNode, aPod } from '../../../tests/support/facts.ts';
import { readHead } from '../../heapsterFace.ts';
import { HEAPSTER_CPU } from '../../model/heapsterValues.ts';
import { HeadStore } from '../../store/headStore.ts';
import { nodeBatch, totalsBatch } from '../../store/testing/batches.ts';
import { answerResourceMetrics } from './resourceMetrics.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

test('pods are listed by namespace and then by name, also where one namespace begins like another', () => {
  const names = ['shop-2/x', 'shop/y', 'shop-2/a', 'shop/x-1', 'shop/x', 'bank/z'];
  const pods = names.map((name) => aPod(name));
  const head = new HeadStore({ windowMs: 60_000, maxBytes: 1e8 });
  const container = pods.flatMap(({ namespace, name, containers }) =>
    containers.map((each) => ({
      key: `${namespace}/${name}/${each.name}`,
      names: { node: 'worker-1', namespace, pod: name, container: each.name },
      values: { 'cpu/usage_rate': 10, [HEAPSTER_CPU]: 10, 'memory/working_set': 1024 },
    }))
  );
  const node = [{ key: 'worker-1', names: { node: 'worker-1' }, values: { 'kubelet/answered': 1 } }];
  head.append(nodeBatch('worker-1', NOW, { node, container }));
  head.append(totalsBatch(NOW, {}));
  head.commit(NOW);
  const reader = readHead(head);
  const options = {
    recent: reader,
    history: reader,
    facts: { ...aDirectory(pods, [aNode('worker-1')]), nodes: () => [aNode('worker-1')] },
    labels: { labelSeparator: ',', storeLabels: [], ignoreLabels: [] },
    maxPoints: 1_000,
    nowMs: () => NOW,
  };
  const { body } = answerResourceMetrics(options, ['pods'], () => undefined, { namespaces: 'all' });
  const { items } = JSON.parse(body) as { items: Array<{ metadata: { namespace: string; name: string } }> };
  expect(items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
    'bank/z',
    'shop/x',
    'shop/x-1',
    'shop/y',
    'shop-2/a',
    'shop-2/x',
  ]);
});
