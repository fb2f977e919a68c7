import type { ContainerFacts, ResourceAmounts } from '../model/facts.ts';
import { AMOUNT_NAMES } from './resourceAmounts.ts';

export interface SchedulerInput {
  /** Regular containers first, then init containers and sidecars in the order of the spec. */
  readonly containers: readonly ContainerFacts[];
  readonly overhead: ResourceAmounts;
  /** `spec.resources` of the pod itself. */
  readonly podLevel: { readonly requests: ResourceAmounts; readonly limits: ResourceAmounts };
  /** The kubelet said that the node can never grant the resize that the spec asks for. */
  readonly resizeInfeasible: boolean;
}

type Amounts = { -readonly [Name in keyof ResourceAmounts]: ResourceAmounts[Name] };

/** What the scheduler reserves for a pod: see {@link aggregate}, then pod-level values, then overhead. */
export function schedulerRequests(input: SchedulerInput): ResourceAmounts {
  const amounts = { ...aggregate(input, 'requests', 'actualRequests'), ...withoutStorage(input.podLevel.requests) };
  return plus(amounts, input.overhead);
}

/** The same for limits; overhead only adds to a limit that is there. */
export function schedulerLimits(input: SchedulerInput): ResourceAmounts {
  const amounts: Amounts = { ...aggregate(input, 'limits', 'actualLimits'), ...withoutStorage(input.podLevel.limits) };
  for (const name of AMOUNT_NAMES) {
    if (amounts[name] !== undefined) {
      amounts[name] += input.overhead[name] ?? 0;
    }
  }
  return amounts;
}

/**
 * The larger of what runs together in the end (containers and sidecars) and of the hungriest moment before
 * (an init container beside the sidecars that started before it), per resource; KEP-753.
 */
function aggregate(
  input: SchedulerInput,
  asked: 'requests' | 'limits',
  granted: 'actualRequests' | 'actualLimits'
): ResourceAmounts {
  let running: Amounts = {};
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const container of input.containers) {
    const amounts = effective(container, asked, granted, input.resizeInfeasible);
    if (container.role === 'init') {
      starting = most(starting, plus(sidecars, amounts));
    } else {
      running = plus(running, amounts);
      sidecars = container.role === 'sidecar' ? plus(sidecars, amounts) : sidecars;
    }
  }
  return most(running, starting);
}

/** While a container is being resized, the scheduler counts the larger of what it has and what it shall have. */
function effective(
  container: ContainerFacts,
  asked: 'requests' | 'limits',
  granted: 'actualRequests' | 'actualLimits',
  resizeInfeasible: boolean
): ResourceAmounts {
  const actual = container[granted];
  if (!actual || container.role === 'init') {
    return container[asked];
  }
  return resizeInfeasible ? actual : most(container[asked], actual);
}

function plus(a: ResourceAmounts, b: ResourceAmounts): Amounts {
  return combine(a, b, (x, y) => x + y);
}

function most(a: ResourceAmounts, b: ResourceAmounts): Amounts {
  return combine(a, b, Math.max);
}

function combine(a: ResourceAmounts, b: ResourceAmounts, join: (x: number, y: number) => number): Amounts {
  const amounts: Amounts = {};
  for (const name of AMOUNT_NAMES) {
    if (a[name] !== undefined || b[name] !== undefined) {
      amounts[name] = join(a[name] ?? 0, b[name] ?? 0);
    }
  }
  return amounts;
}

/** Pod-level resources know cpu and memory only. */
function withoutStorage(amounts: ResourceAmounts): ResourceAmounts {
  const { ephemeralStorageBytes: _, ...others } = amounts;
  return others;
}
