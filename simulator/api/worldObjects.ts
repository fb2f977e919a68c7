import type { World } from '../world/world.ts';
import type { Owner } from '../world/owners.ts';
import { nodeObject } from './nodeObject.ts';
import { ObjectStore } from './objectStore.ts';
import { namespaceObject, ownerObject } from './otherObjects.ts';
import { podObject } from './podObject.ts';
import type { ObjectText, Stored } from './resources.ts';

/** The API's objects of a world, kept current as the world changes. */
export function storeWorld(world: World, nodeAddress: string): ObjectStore {
  const render = (stored: Stored, version: number): ObjectText => {
    switch (stored.resource) {
      case 'nodes':
        return nodeObject(stored.source, version, nodeAddress);
      case 'pods':
        return podObject(stored.source, version, world.nowMs, nodeAddress);
      case 'namespaces':
        return namespaceObject(stored.source, world.seed);
      case 'replicasets':
      case 'jobs':
        return ownerObject(stored.source, version, world.nowMs);
    }
  };
  // From the clock, so that versions of an earlier run are older ones.
  const store = new ObjectStore(Math.floor(world.nowMs / 100), render);
  world.nodes.forEach((node) => store.seed({ resource: 'nodes', name: node.name, resourceVersion: 0, source: node }));
  world.namespaces.forEach((name) =>
    store.seed({ resource: 'namespaces', name, resourceVersion: 0, source: { name, resourceVersion: 0 } })
  );
  const ownerEntry = (owner: Owner): Stored => {
    const { namespace, name } = owner;
    return {
      resource: owner.kind === 'Job' ? 'jobs' : 'replicasets',
      namespace,
      name,
      resourceVersion: 0,
      source: owner,
    };
  };
  for (const pod of world.pods.values()) {
    store.seed({ resource: 'pods', namespace: pod.namespace, name: pod.name, resourceVersion: 0, source: pod });
  }
  world.owners.forEach((owner) => store.seed(ownerEntry(owner)));
  world.listen({
    nodeChanged: (node) =>
      store.change(
        'MODIFIED',
        store.find('nodes', node.name) ?? { resource: 'nodes', name: node.name, resourceVersion: 0, source: node }
      ),
    podChanged: (change, pod) =>
      store.change(change, {
        resource: 'pods',
        namespace: pod.namespace,
        name: pod.name,
        resourceVersion: 0,
        source: pod,
      }),
    ownerChanged: (change, owner) => store.change(change, ownerEntry(owner)),
  });
  return store;
}
