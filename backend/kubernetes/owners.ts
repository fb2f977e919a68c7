import type { Labels, WorkloadRef } from '../model/facts.ts';
import { objectAt, objectsAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { SharedParts } from './sharedParts.ts';

/** Kinds whose own owner is what a person deployed. */
export type MiddleKind = 'ReplicaSet' | 'Job';

/** The workload a pod counts for as far as is known now. */
export interface ResolvedOwner {
  readonly workload?: WorkloadRef;
  /** Key of the ReplicaSet or Job that is not known yet; the workload may change when it is. */
  readonly missing?: string;
}

interface Owner {
  readonly uid: string;
  readonly workload: WorkloadRef;
}

/** Knows which ReplicaSet belongs to which Deployment and which Job to which CronJob. */
export class Owners {
  private readonly byKind: Record<MiddleKind, Map<string, Owner>> = { ReplicaSet: new Map(), Job: new Map() };
  private readonly parts: SharedParts;

  constructor(parts: SharedParts) {
    this.parts = parts;
  }

  /** Remembers a ReplicaSet or Job: what owns it, or itself where nothing does. Answers with its key and workload. */
  put(kind: MiddleKind, metadata: JsonObject): { key: string; workload: WorkloadRef } {
    const name = textAt(metadata, 'name');
    const owner = controllerOf(metadata) ?? { kind, name };
    const key = ownerKey(kind, textAt(metadata, 'namespace'), name);
    const workload = this.parts.workload(owner.kind, owner.name);
    this.byKind[kind].set(key, { uid: textAt(metadata, 'uid'), workload });
    return { key, workload };
  }

  remove(kind: MiddleKind, metadata: JsonObject): void {
    this.byKind[kind].delete(ownerKey(kind, textAt(metadata, 'namespace'), textAt(metadata, 'name')));
  }

  keepOnly(kind: MiddleKind, uids: ReadonlySet<string>): void {
    for (const [key, { uid }] of this.byKind[kind]) {
      if (!uids.has(uid)) {
        this.byKind[kind].delete(key);
      }
    }
  }

  /** The workload of a pod; without knowledge of its ReplicaSet, by the hash that Deployments put into names and labels. */
  resolve(metadata: JsonObject, namespace: string, labels: Labels, nodeName: string): ResolvedOwner {
    const owner = controllerOf(metadata) ?? mirrorOwner(metadata, nodeName);
    if (!owner) {
      return {};
    }
    if (owner.kind !== 'ReplicaSet' && owner.kind !== 'Job') {
      return { workload: this.parts.workload(owner.kind, owner.name) };
    }
    const missing = ownerKey(owner.kind, namespace, owner.name);
    const known = this.byKind[owner.kind].get(missing);
    if (known) {
      return { workload: known.workload };
    }
    const deployment = owner.kind === 'ReplicaSet' ? withoutHash(owner.name, labels['pod-template-hash']) : undefined;
    return {
      workload: deployment
        ? this.parts.workload('Deployment', deployment)
        : this.parts.workload(owner.kind, owner.name),
      missing,
    };
  }
}

function ownerKey(kind: MiddleKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function controllerOf(metadata: JsonObject): { kind: string; name: string } | undefined {
  const owner = objectsAt(metadata, 'ownerReferences').find((reference) => reference.controller === true);
  const name = owner ? textAt(owner, 'name') : '';
  return owner && name !== '' ? { kind: textAt(owner, 'kind'), name } : undefined;
}

/** Before 1.17, the API object of a static pod named no owner. */
function mirrorOwner(metadata: JsonObject, nodeName: string): { kind: string; name: string } | undefined {
  const mirror = textAt(objectAt(metadata, 'annotations'), 'kubernetes.io/config.mirror');
  return mirror === '' ? undefined : { kind: 'Node', name: nodeName };
}

function withoutHash(name: string, hash: string | undefined): string | undefined {
  const ending = `-${hash}`;
  return hash && name.endsWith(ending) && name.length > ending.length ? name.slice(0, -ending.length) : undefined;
}
