import fc from 'fast-check';
import { parseGoDuration } from '../../config/values.ts';
import { chooseForm } from './negotiation.ts';
import { apiTime, cpuQuantity, goDuration, memoryQuantity } from './quantity.ts';
import { readRequestInfo } from './requestInfo.ts';
import { readSelection } from './selection.ts';
import { StatusFailure } from './statusFailure.ts';

const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1, u: 1e3, m: 1e6, '': 1e9, k: 1e12, M: 1e15 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 },
};

test.each([
  [0, '0'],
  [165_856, '165856n'],
  [540_000, '540u'],
  [12_000_000, '12m'],
  [2_000_000_000, '2'],
  [1_500_000_000, '1500m'],
])('%i nanocores are %s', (nanocores, text) => {
  expect(cpuQuantity(nanocores)).toBe(text);
});

test('quantities lose nothing and are in the largest unit', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.constantFrom(1, 1000, 1024, 1e6, 2 ** 20), (amount, factor) => {
      const value = amount * factor;
      const [, cpu, cpuUnit] = /^(\d+)(.*)$/.exec(cpuQuantity(value))!;
      const [, memory, memoryUnit] = /^(\d+)(.*)$/.exec(memoryQuantity(value))!;
      expect(Number(cpu) * FACTORS[cpuUnit]).toBe(value);
      expect(Number(memory) * (memoryUnit === '' ? 1 : FACTORS[memoryUnit])).toBe(value);
    })
  );
});

test.each([
  [0, '0s'],
  [500, '500ms'],
  [15_870, '15.87s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
])('%i ms are %s', (durationMs, text) => {
  expect(goDuration(durationMs)).toBe(text);
});

test('durations can be read back', () => {
  fc.assert(fc.property(fc.nat(10 ** 9), (ms) => expect(parseGoDuration(goDuration(ms))).toBeCloseTo(ms, 3)));
});

test('times are cut to whole seconds', () => {
  expect(apiTime(Date.parse('2026-11-21T11:27:30.999Z'))).toBe('2026-11-21T11:27:30Z');
});

/** Whatever a client sends is understood or refused with a `Status`. */
function refusesAtMost(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(StatusFailure);
    expect((error as StatusFailure).code).toBeLessThan(500);
  }
}

test('addresses, selectors and Accept headers of any kind are understood or refused', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z=!,;/%*.& ()-]*$/));
  fc.assert(
    fc.property(text, (sent) => {
      refusesAtMost(() => readRequestInfo('GET', `/${sent}`));
      refusesAtMost(() => readRequestInfo('PUT', `/apis/metrics.k8s.io/v1beta1/${sent}`));
      refusesAtMost(() => chooseForm(sent));
      refusesAtMost(() => readSelection(new URLSearchParams({ labelSelector: sent })));
      refusesAtMost(() => readSelection(new URLSearchParams({ fieldSelector: sent })));
    })
  );
});

test('whose path names a resource is asked for that resource, and all others for the path', () => {
  const asked = (path: string) => readRequestInfo('GET', path).asked;
  expect(asked('/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/web/log')).toEqual({
    resourceAttributes: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      verb: 'get',
      resource: 'pods',
      subresource: 'log',
      namespace: 'shop',
      name: 'web',
    },
  });
  expect(asked('/apis/metrics.k8s.io/v1beta1/?watch=true')).toEqual({
    nonResourceAttributes: { path: '/apis/metrics.k8s.io/v1beta1', verb: 'get' },
  });
  expect(asked('/apis/metrics.k8s.io/v1beta1/pods?watch=1')).toMatchObject({ resourceAttributes: { verb: 'watch' } });
  expect(asked('/apis/metrics.k8s.io/v1beta1/pods?watch=0')).toMatchObject({ resourceAttributes: { verb: 'list' } });
});
