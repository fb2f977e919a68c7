import { containerUsage, podUsage } from '../kubelet/usage.ts';
import { cpuCurve, cpuMicros, cpuMillicores, limitedTo } from './curves.ts';
import type { Container, Pod } from './pods.ts';
import { World } from './world.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;
const HOURS = 12;

/** Every running container of a world of eight nodes, at moments that spread over half a day. */
function forEachRunning(visit: (pod: Pod, container: Container, atMs: number) => void): void {
  const world = new World({ nodes: 8, podsPerNode: 30, seed: 7, outages: false }, NOON);
  for (let hour = 0; hour < HOURS; hour++) {
    const atMs = NOON + hour * 63 * MINUTE_MS;
    world.advance(atMs);
    for (const pod of world.pods.values()) {
      pod.containers.forEach((container) => visit(pod, container, atMs));
    }
  }
}

/** The limit that a container really has, after a resize in place; 0 without one. */
function limitOf({ slot }: Pod, { template }: Container): number {
  return template.limitMillicores * (slot.workload.template.resizedBy ?? 1);
}

test('no container uses more than its limit, in no sample and between no two', () => {
  let limited = 0;
  const shares: number[] = [];
  forEachRunning((pod, container, atMs) => {
    const limit = limitOf(pod, container);
    const [before, now] = [atMs - MINUTE_MS, atMs].map((time) => containerUsage(pod, container, time));
    if (limit === 0 || !now) {
      return;
    }
    limited++;
    shares.push(now.nanoCores / 1e6 / limit);
    if (before?.startMs === now.startMs && now.sampleMs > before.sampleMs) {
      // A microsecond in a millisecond is a millicore.
      shares.push((now.micros - before.micros) / (now.sampleMs - before.sampleMs) / limit);
    }
  });
  expect(limited).toBeGreaterThan(500);
  expect(shares.filter((share) => share > 1)).toEqual([]);
});

test('the containers of a pod with a limit of its own keep to it together', () => {
  const shares: number[] = [];
  forEachRunning((pod, _container, atMs) => {
    const limit = pod.slot.workload.template.podResources?.limitMillicores;
    if (limit !== undefined) {
      shares.push(podUsage(pod, atMs).nanoCores / 1e6 / limit);
    }
  });
  expect(shares.length).toBeGreaterThan(20);
  expect(shares.filter((share) => share > 1)).toEqual([]);
});

test('what containers would use without their limit can be told: some want more, and some of those use nearly all', () => {
  let wanting = 0;
  let closest = 0;
  forEachRunning((pod, container, atMs) => {
    const limit = limitOf(pod, container);
    const usage = containerUsage(pod, container, atMs);
    if (limit > 0 && usage && cpuMillicores(container.wantedCpu, usage.startMs, usage.sampleMs) > limit) {
      wanting++;
      closest = Math.max(closest, usage.nanoCores / 1e6 / limit);
    }
  });
  expect(wanting).toBeGreaterThan(20);
  expect(closest).toBeGreaterThan(0.9);
});

test('containers without a limit use what they want', () => {
  const changed: string[] = [];
  forEachRunning((pod, container) => {
    const free = limitOf(pod, container) === 0 && !pod.slot.workload.template.podResources;
    if (free && container.cpu !== container.wantedCpu) {
      changed.push(pod.name);
    }
  });
  expect(changed).toEqual([]);
});

describe('a curve under a limit', () => {
  test.each([1.1, 1.3, 2, 5, 7.5])('of %d times its mean never rises above it, and never falls as a sum', (share) => {
    const limit = 100 * share;
    const highest: number[] = [];
    const falls: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const curve = limitedTo(cpuCurve(seed, 100, seed % 2 === 0), limit);
      const times = Array.from({ length: 720 }, (_, step) => NOON + step * 10_000);
      const micros = times.map((atMs) => cpuMicros(curve, NOON - MINUTE_MS, atMs));
      highest.push(Math.max(...times.map((atMs) => cpuMillicores(curve, NOON - MINUTE_MS, atMs))));
      falls.push(...micros.filter((value, step) => value < micros[step - 1]));
    }
    expect(Math.max(...highest)).toBeLessThanOrEqual(limit);
    expect(falls).toEqual([]);
  });

  test('that it does not reach remains as it is', () => {
    const curve = cpuCurve(3, 100, false);
    expect(limitedTo(curve, 1_000)).toEqual(curve);
    expect(limitedTo(curve, 0)).toEqual(curve);
  });

  test('below its mean uses nearly all of it, all the time', () => {
    const curve = limitedTo(cpuCurve(3, 100, false), 50);
    for (let atMs = NOON; atMs < NOON + 60 * MINUTE_MS; atMs += 15_000) {
      const millicores = cpuMillicores(curve, 0, atMs);
      expect(millicores).toBeGreaterThan(40);
      expect(millicores).toBeLessThanOrEqual(50);
    }
  });
});
