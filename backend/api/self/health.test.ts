import { heapsterHealth, illness, requireReady } from './health.ts';
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

describe('well to clients of Heapster', () => {
  test('not before there is data, without a reason', () => {
    expect(heapsterHealth(health({ nowMs: 1_000 }))).toEqual({
      isWell: false,
      text: '[-]healthz failed: reason withheld\nhealthz check failed\n',
    });
  });

  test('as long as the last round is not older than three minutes, or as rounds that are farther apart allow', () => {
    const isWell = (changes: Partial<HealthReport>) =>
      heapsterHealth(health({ hasData: true, lastRoundMs: 1_000, ...changes })).isWell;
    expect([isWell({ nowMs: 181_000 }), isWell({ nowMs: 181_001 })]).toEqual([true, false]);
    const rare = { resolutionMs: 300_000 };
    expect([isWell({ ...rare, nowMs: 461_000 }), isWell({ ...rare, nowMs: 461_001 })]).toEqual([true, false]);
  });
});

describe('ready', () => {
  test('only with data, and until then with the time to wait', () => {
    expect(() => requireReady(health({ nowMs: 53_000 }))).toThrow('Not ready: first data expected in about 12 s.');
    expect(() => requireReady(health({ nowMs: 90_000 }))).toThrow('first data expected in about 1 s.');
    expect(() => requireReady(health({ hasData: true }))).not.toThrow();
  });
});
