import type { NodeConditionName, NodeFacts } from '../model/facts.ts';
import { numberAt, objectAt, objectsAt, textAt, timeAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { readAmounts, readQuantity } from './resourceAmounts.ts';
import type { Faults } from './resourceAmounts.ts';
import type { SharedParts } from './sharedParts.ts';

const CONDITIONS: ReadonlySet<string> = new Set<NodeConditionName>([
  'Ready',
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
  'NetworkUnavailable',
]);

/** Trims a Node of the API. */
export function readNode(object: JsonObject, parts: SharedParts, faults: Faults): NodeFacts {
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const nodeInfo = objectAt(status, 'nodeInfo');
  const name = parts.text(textAt(metadata, 'name'));
  const kubeletPort = numberAt(objectAt(objectAt(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port');
  return {
    name,
    uid: textAt(metadata, 'uid'),
    labels: parts.labels(objectAt(metadata, 'labels')),
    annotations: parts.labels(objectAt(metadata, 'annotations')),
    createdMs: timeAt(metadata, 'creationTimestamp'),
    addresses: objectsAt(status, 'addresses').map((entry) => ({
      type: parts.text(textAt(entry, 'type')),
      address: textAt(entry, 'address'),
    })),
    ...(kubeletPort ? { kubeletPort } : {}),
    kubeletVersion: parts.text(textAt(nodeInfo, 'kubeletVersion')),
    operatingSystem: parts.text(textAt(nodeInfo, 'operatingSystem')),
    externalId: textAt(spec, 'externalID'),
    unschedulable: spec.unschedulable === true,
    conditions: readConditions(status, parts),
    capacity: readCapacity(objectAt(status, 'capacity'), `the capacity of node ${name}`, faults),
    allocatable: readCapacity(objectAt(status, 'allocatable'), `the allocatable of node ${name}`, faults),
  };
}

function readConditions(status: JsonObject, parts: SharedParts): NodeFacts['conditions'] {
  const conditions: Partial<Record<NodeConditionName, string>> = {};
  for (const condition of objectsAt(status, 'conditions')) {
    const type = textAt(condition, 'type');
    if (CONDITIONS.has(type)) {
      conditions[type as NodeConditionName] = parts.text(textAt(condition, 'status'));
    }
  }
  return conditions;
}

function readCapacity(list: JsonObject, where: string, faults: Faults): NodeFacts['capacity'] {
  const amounts = readAmounts(list, where, faults);
  const pods = list.pods === undefined ? undefined : readQuantity(list.pods, 'pods', 'unit', where, faults);
  return pods === undefined ? amounts : { ...amounts, pods };
}
