import type { ContainerFacts, PodFacts, PodPhase, ResourceAmounts } from '../model/facts.ts';
import { isObject, numberAt, objectAt, objectsAt, textAt, timeAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { OomKills } from './oomKills.ts';
import type { Owners } from './owners.ts';
import { readAmounts, readOtherAmounts } from './resourceAmounts.ts';
import type { Faults } from './resourceAmounts.ts';
import { schedulerLimits, schedulerRequests } from './schedulerAmounts.ts';
import type { SchedulerInput } from './schedulerAmounts.ts';
import type { SharedParts } from './sharedParts.ts';

/** What reading a pod looks up and adds to. */
export interface PodReading {
  readonly parts: SharedParts;
  readonly owners: Owners;
  readonly kills: OomKills;
  readonly faults: Faults;
}

const PHASES: ReadonlySet<string> = new Set<PodPhase>(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']);

/** Trims a Pod of the API; `missingOwner` is the key of an owner that should be asked again when it is known. */
export function readPod(object: JsonObject, reading: PodReading): { facts: PodFacts; missingOwner?: string } {
  const { parts } = reading;
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const namespace = parts.text(textAt(metadata, 'namespace'));
  const labels = parts.labels(objectAt(metadata, 'labels'));
  const nodeName = parts.text(textAt(spec, 'nodeName'));
  const owner = reading.owners.resolve(metadata, namespace, labels, nodeName);
  const where = `pod ${namespace}/${textAt(metadata, 'name')}`;
  const containers = readContainers(object, where, reading);
  const input = schedulerInput(spec, status, containers, where, reading.faults);
  const phase = textAt(status, 'phase');
  const facts: PodFacts = {
    namespace,
    name: textAt(metadata, 'name'),
    uid: textAt(metadata, 'uid'),
    nodeName,
    labels,
    phase: PHASES.has(phase) ? (phase as PodPhase) : 'Unknown',
    hostNetwork: spec.hostNetwork === true,
    createdMs: timeAt(metadata, 'creationTimestamp'),
    workload: owner.workload,
    containers,
    schedulerRequests: parts.amounts(schedulerRequests(input)),
    schedulerLimits: parts.amounts(schedulerLimits(input)),
  };
  return { facts, missingOwner: owner.missing };
}

function readContainers(object: JsonObject, where: string, reading: PodReading): readonly ContainerFacts[] {
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const uid = textAt(objectAt(object, 'metadata'), 'uid');
  const read = (list: string, statuses: string, isInit: boolean): ContainerFacts[] => {
    const known = objectsAt(status, statuses);
    return objectsAt(spec, list).map((container) => {
      const own = known.find((entry) => entry.name === container.name);
      const place = `container ${textAt(container, 'name')} of ${where}`;
      return readContainer(container, own, isInit, { uid, place, reading });
    });
  };
  return reading.parts.containerList([
    ...read('containers', 'containerStatuses', false),
    ...read('initContainers', 'initContainerStatuses', true),
  ]);
}

function readContainer(
  container: JsonObject,
  status: JsonObject | undefined,
  isInit: boolean,
  { uid, place, reading }: { uid: string; place: string; reading: PodReading }
): ContainerFacts {
  const { parts, kills, faults } = reading;
  const name = textAt(container, 'name');
  const resources = objectAt(container, 'resources');
  const amounts = (list: JsonObject): ResourceAmounts => parts.amounts(readAmounts(list, place, faults));
  const facts: { -readonly [Key in keyof ContainerFacts]: ContainerFacts[Key] } = {
    name: parts.text(name),
    image: parts.text(textAt(container, 'image')),
    role: !isInit ? 'container' : container.restartPolicy === 'Always' ? 'sidecar' : 'init',
    requests: amounts(objectAt(resources, 'requests')),
    limits: amounts(objectAt(resources, 'limits')),
  };
  const other = readOtherAmounts(objectAt(resources, 'requests'), place, faults);
  if (other) {
    facts.otherRequests = other;
  }
  if (status) {
    const actual = status.resources;
    if (isObject(actual)) {
      facts.actualRequests = amounts(objectAt(actual, 'requests'));
      facts.actualLimits = amounts(objectAt(actual, 'limits'));
    }
    facts.restartCount = numberAt(status, 'restartCount') ?? 0;
    facts.oomKillCount = kills.count(uid, name, status);
  }
  return facts;
}

function schedulerInput(
  spec: JsonObject,
  status: JsonObject,
  containers: readonly ContainerFacts[],
  where: string,
  faults: Faults
): SchedulerInput {
  const own = objectAt(spec, 'resources');
  const infeasible = objectsAt(status, 'conditions').some(
    (condition) => condition.type === 'PodResizePending' && condition.reason === 'Infeasible'
  );
  return {
    containers,
    overhead: readAmounts(objectAt(spec, 'overhead'), where, faults),
    podLevel: {
      requests: readAmounts(objectAt(own, 'requests'), where, faults),
      limits: readAmounts(objectAt(own, 'limits'), where, faults),
    },
    resizeInfeasible: infeasible || status.resize === 'Infeasible',
  };
}
