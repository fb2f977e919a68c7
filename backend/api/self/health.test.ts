import { illness, requireReady } from './health.ts';
import type { HealthReport } from './types.ts';

function health(changes: Partial<HealthReport>): HealthReport {
  return {
    nowMs: 0,
    startedMs: 0,
    resolutionMs: 60_000,
    deadlineMs: 10_000,
    firstDataMs: 65_000,
    hasData: false,
    ...changes,
  };
}

describe('alive', () => {
  test('until a round is later than one and a half resolutions and the time of the nodes', () => {
    expect(illness(health({ lastRoundMs: 1_000, nowMs: 101_000 }))).toBeUndefined();
    expect(illness(health({ lastRoundMs: 1_000, nowMs: 102_000 }))).toBe(
      'Not healthy: the last round of collection ended 101 s ago, although there is one every 60 s.'
    );
  });

  test('while the first round is not due yet, but not for ever', () => {
    expect(illness(health({ nowMs: 65_000 }))).toBeUndefined();
    expect(illness(health({ nowMs: 160_000 }))).toBeUndefined();
    expect(illness(health({ nowMs: 161_000 }))).toContain('the first round of collection is late');
  });
});

describe('ready', () => {
  test('only with data, and until then with the time to wait', () => {
    expect(() => requireReady(health({ nowMs: 53_000 }))).toThrow('Not ready: first data expected in about 12 s.');
    expect(() => requireReady(health({ nowMs: 90_000 }))).toThrow('first data expected in about 1 s.');
    expect(() => requireReady(health({ hasData: true }))).not.toThrow();
  });
});
