import { objectsOf } from './clusterTools.ts';
import { backendOf, everyText, everywhere, ofKind } from './everyManifest.ts';

interface Policy {
  podSelector: { matchLabels: Record<string, string> };
  ingress: Array<{ ports: Array<{ port: string }>; from?: Array<{ podSelector?: { matchLabels: object } }> }>;
}

const DASHBOARDS = [{ 'k8s-app': 'kubernetes-dashboard' }, { 'app.kubernetes.io/part-of': 'kubernetes-dashboard' }];

// The first to ask builds them all.
beforeAll(() => void everyText(), 120_000);

/** The labels of pods that may connect to the port that is not HTTPS; `everybody` where nobody is named. */
function mayConnect(name: string): object[] | 'everybody' {
  const policies = ofKind<Policy>(objectsOf(everyText().get(name)!), 'NetworkPolicy');
  const own = policies.find(({ spec }) => spec.podSelector.matchLabels['app.kubernetes.io/name'] === 'heapscope')!;
  const rules = own.spec.ingress.filter(({ ports }) => ports.some(({ port }) => port === 'http'));
  return rules.some(({ from }) => from === undefined)
    ? 'everybody'
    : rules.flatMap(({ from = [] }) => from.flatMap(({ podSelector }) => podSelector?.matchLabels ?? []));
}

describe("the API of the Dashboard's scraper", () => {
  test.each(['deploy/overlays/dashboard', 'chart for a Kubernetes Dashboard elsewhere'])(
    'is open in %s to the pods of Dashboards of either packaging',
    (name) => {
      const [{ args }] = backendOf(objectsOf(everyText().get(name)!)).spec.template.spec.containers;
      expect(args).toContain('--dashboard-api=open');
      expect(mayConnect(name)).toEqual(expect.arrayContaining(DASHBOARDS));
    }
  );

  test('has the Service of the scraper where the chart makes it, which the API server reaches', () => {
    const name = 'chart beside a Kubernetes Dashboard';
    const services = ofKind<{ ports: Array<{ port: number; targetPort: string }> }>(
      objectsOf(everyText().get(name)!),
      'Service'
    );
    const scraper = services.find(({ metadata }) => metadata.name === 'dashboard-metrics-scraper')!;
    expect(scraper.metadata.namespace).toBe('kubernetes-dashboard');
    // The Dashboard names no port, which leads to a nameless one alone.
    expect(scraper.spec.ports).toEqual([{ port: 8000, targetPort: 'http' }]);
    expect(mayConnect(name)).toBe('everybody');
  });

  test('is closed everywhere else, and the Dashboard kept out', () => {
    const others = everywhere().filter(({ name }) => !/dashboard/i.test(name));
    expect(others.length).toBeGreaterThan(10);
    for (const { name, objects } of others) {
      const [{ args }] = backendOf(objects).spec.template.spec.containers;
      expect({ name, args: args!.filter((flag) => flag.includes('dashboard')) }).toEqual({ name, args: [] });
      expect(everyText().get(name)).not.toContain('kubernetes-dashboard');
    }
  });
});
