import { helmLint, helmTemplate, objectsOf } from './clusterTools.ts';
import { everyText, names } from './everyManifest.ts';

// The first to ask builds them all.
beforeAll(() => void everyText(), 120_000);

describe('the chart', () => {
  test('is without fault for `helm lint`', () => {
    const { status, stdout, stderr } = helmLint();
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  test.each([
    [
      "Heapster's Service outside of kube-system",
      ['heapsterService.enabled=true'],
      /only in the namespace kube-system/,
    ],
    [
      "the scraper's Service without its API",
      ['dashboardApi.scraperService=dashboard-metrics-scraper'],
      /needs dashboardApi.enabled=true/,
    ],
    ['a Grafana without a token', ['auth.mode=kubernetes'], /grafana.enabled needs auth.mode=token/],
    ['a value it does not have', ['persistance.enabled=true'], /persistance/],
    ['a way to Grafana it does not have', ['grafana.access=magic'], /access/],
    ['a root URL without a slash at its end', ['grafana.rootUrl=https://a.example.org/grafana'], /rootUrl/],
  ])('refuses %s', (_what, values, said) => {
    const { status, stderr } = helmTemplate('heapscope', 'heapscope', values);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(said);
  });

  test('makes a secret token that the backend accepts, unless one is there', () => {
    const secrets = (name: string) => names(objectsOf(everyText().get(`chart ${name}`)!), 'Secret');
    expect(secrets('as it is')).toEqual(['heapscope-token', 'heapscope-grafana']);
    expect(secrets('by secrets and claims that are there')).toEqual([]);
    const [secret] = objectsOf(everyText().get('chart as it is')!).filter(({ kind }) => kind === 'Secret');
    const { token } = secret.data as { token: string };
    expect(Buffer.from(token, 'base64').toString()).toMatch(/^[A-Za-z0-9]{48}$/);
  });
});
