import type { ContainerFacts } from '../model/facts.ts';
import { schedulerLimits, schedulerRequests } from './schedulerAmounts.ts';
import type { SchedulerInput } from './schedulerAmounts.ts';

function container(
  role: ContainerFacts['role'],
  cpuMillicores: number,
  more: Partial<ContainerFacts> = {}
): ContainerFacts {
  const amounts = { cpuMillicores };
  return { name: role, image: 'app', role, requests: amounts, limits: amounts, ...more };
}

function input(containers: readonly ContainerFacts[], more: Partial<SchedulerInput> = {}): SchedulerInput {
  return { containers, overhead: {}, podLevel: { requests: {}, limits: {} }, resizeInfeasible: false, ...more };
}

test('containers add up', () => {
  expect(schedulerRequests(input([container('container', 100), container('container', 50)]))).toEqual({
    cpuMillicores: 150,
  });
});

test('an init container counts only where it needs more than what runs after it', () => {
  expect(schedulerRequests(input([container('container', 100), container('init', 80)])).cpuMillicores).toBe(100);
  expect(schedulerRequests(input([container('container', 100), container('init', 300)])).cpuMillicores).toBe(300);
});

test('a sidecar counts with the containers, and beside the init containers after it', () => {
  const before = [container('container', 100), container('init', 300), container('sidecar', 50)];
  const after = [container('container', 100), container('sidecar', 50), container('init', 300)];
  expect(schedulerRequests(input(before)).cpuMillicores).toBe(300);
  expect(schedulerRequests(input(after)).cpuMillicores).toBe(350);
});

test('pod-level resources take the place of the sum, but not for storage', () => {
  const podLevel = { requests: { cpuMillicores: 70, ephemeralStorageBytes: 9 }, limits: { memoryBytes: 5 } };
  const withPodLevel = input([container('container', 100)], { podLevel });
  expect(schedulerRequests(withPodLevel)).toEqual({ cpuMillicores: 70 });
  expect(schedulerLimits(withPodLevel)).toEqual({ cpuMillicores: 100, memoryBytes: 5 });
});

test('overhead adds to requests always, and to limits that are there', () => {
  const withOverhead = input([container('container', 100)], { overhead: { cpuMillicores: 10, memoryBytes: 7 } });
  expect(schedulerRequests(withOverhead)).toEqual({ cpuMillicores: 110, memoryBytes: 7 });
  expect(schedulerLimits(withOverhead)).toEqual({ cpuMillicores: 110 });
});

test('during a resize the larger of asked and granted counts, and only what is granted if it can never be done', () => {
  const growing = container('container', 300, { actualRequests: { cpuMillicores: 100 } });
  const shrinking = container('container', 100, { actualRequests: { cpuMillicores: 300 } });
  expect(schedulerRequests(input([growing])).cpuMillicores).toBe(300);
  expect(schedulerRequests(input([shrinking])).cpuMillicores).toBe(300);
  expect(schedulerRequests(input([growing], { resizeInfeasible: true })).cpuMillicores).toBe(100);
});
