import type { OwnSets } from './compareBatches.ts';
import type { Kit, RecordedBatch } from './kit.ts';

type Round = Kit['rounds'][number];

/** Pods (`namespace/pod`) of which more than one node told in a round. */
export function podsToldTwice({ answers }: Round): Set<string> {
  const told = new Set<string>();
  const twice = new Set<string>();
  for (const { body } of Object.values(answers)) {
    for (const pod of new Set(podsIn(body))) {
      (told.has(pod) ? twice : told).add(pod);
    }
  }
  return twice;
}

/**
 * Objects whose values may be others because a pod that two nodes told of is on one of them here and was on the other there:
 * the pod with its containers, both nodes, and what is summed.
 */
export function movedWithPods(recorded: RecordedBatch, own: OwnSets, twice: ReadonlySet<string>): Set<string> {
  const moved = new Set<string>();
  const keys = twice.size > 0 ? [...own.keys()] : [];
  for (const key of keys) {
    const [, namespace, pod] = /^namespace:([^/]+)\/pod:([^/]+)$/.exec(key) ?? [];
    const theirs = recorded.sets[key]?.labels.nodename;
    const ours = own.get(key)?.labels.nodename;
    if (pod !== undefined && twice.has(`${namespace}/${pod}`) && theirs !== undefined && theirs !== ours) {
      const parts = [...keys, ...Object.keys(recorded.sets)].filter((each) => each.startsWith(`${key}/`));
      [key, ...parts, `namespace:${namespace}`, 'cluster', `node:${theirs}`, `node:${ours}`].forEach((each) =>
        moved.add(each)
      );
    }
  }
  return moved;
}

/** Pods in a summary, or in what is told container by container. */
function podsIn(body: unknown): string[] {
  const { pods, ...containers } = (body ?? {}) as {
    readonly pods?: ReadonlyArray<{ readonly podRef?: { readonly namespace?: string; readonly name?: string } }>;
  } & Record<string, { readonly spec?: { readonly labels?: Readonly<Record<string, string>> } } | undefined>;
  const ofSummary = (Array.isArray(pods) ? pods : []).map(({ podRef }) => `${podRef?.namespace}/${podRef?.name}`);
  const ofContainers = Object.values(containers).flatMap((info) => {
    const labels = info?.spec?.labels;
    const name = labels?.['io.kubernetes.pod.name'];
    return name === undefined ? [] : [`${labels?.['io.kubernetes.pod.namespace']}/${name}`];
  });
  return [...ofSummary, ...ofContainers];
}
