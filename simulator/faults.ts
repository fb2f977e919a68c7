/** What can be wrong with a kubelet on command. */
export const KUBELET_FAULTS = [
  'slow',
  'hanging',
  'refusing',
  'status',
  'cutOff',
  'garbage',
  'huge',
  'negative',
  'beyond2to53',
  'beyond2to64',
  'missingBlocks',
  'clockSkew',
  'restartedKubelet',
  'wrongCertificate',
  'emptyBody',
  'wrongTypes',
] as const;

/** What can be wrong with the API server on command. */
export const API_FAULTS = ['refusing', 'expiredWatches', 'status', 'slow', 'hanging'] as const;

/** A fault of a kubelet or of the API server; the numbers are for the kinds that their names tell. */
export interface Fault {
  kind: (typeof KUBELET_FAULTS)[number] | (typeof API_FAULTS)[number];
  /** slow: milliseconds before the answer. */
  delayMs?: number;
  /** status: 401, 403, 404 or 500. */
  status?: number;
  /** clockSkew: milliseconds that the node's clock is ahead. */
  skewMs?: number;
  /** restartedKubelet: when it went away, in the simulated time, and for how long it refuses. */
  atMs?: number;
  downMs?: number;
  /** The only path of a kubelet that the fault concerns, such as `/metrics/cadvisor`; without it all. */
  path?: string;
}

/** A fault in full or, where it needs no number, its kind alone. */
export type FaultRequest = Fault | Fault['kind'];

/** Names the API server among the targets of faults; all other targets are node names. */
export const API_TARGET = 'api';

/** Which faults are in force. */
export class Faults {
  readonly #targets: ReadonlySet<string>;
  readonly #faults = new Map<string, Fault>();
  readonly #apply: (target: string, fault: Fault | undefined) => Promise<void>;
  readonly #now: () => number;

  constructor(
    nodeNames: readonly string[],
    apply: (target: string, fault: Fault | undefined) => Promise<void>,
    now: () => number
  ) {
    this.#targets = new Set([API_TARGET, ...nodeNames]);
    this.#apply = apply;
    this.#now = now;
  }

  /** Puts a fault in force, in place of the one that the target had; done when listeners are closed and connections cut. */
  async set(target: string, request: FaultRequest): Promise<void> {
    const fault = this.#check(target, typeof request === 'string' ? { kind: request } : request);
    this.#faults.set(target, fault);
    await this.#apply(target, fault);
  }

  /** Ends the target's fault, or all faults; done when listeners are open again. */
  async clear(target?: string): Promise<void> {
    for (const each of target === undefined ? [...this.#faults.keys()] : [target]) {
      if (this.#faults.delete(each)) {
        await this.#apply(each, undefined);
      }
    }
  }

  of(target: string): Fault | undefined {
    return this.#faults.get(target);
  }

  all(): Array<{ target: string } & Fault> {
    return [...this.#faults].map(([target, fault]) => ({ target, ...fault }));
  }

  #check(target: string, fault: Fault): Fault {
    if (!this.#targets.has(target)) {
      throw new Error(`There is no node "${target}" in the simulator; name a node or "${API_TARGET}".`);
    }
    const kinds: readonly string[] = target === API_TARGET ? API_FAULTS : KUBELET_FAULTS;
    if (!kinds.includes(fault.kind)) {
      throw new Error(`Fault "${fault.kind}" is not one of ${kinds.join(', ')} for ${target}.`);
    }
    return { delayMs: 2000, status: 500, skewMs: 3_600_000, downMs: 5000, atMs: this.#now(), ...fault };
  }
}
