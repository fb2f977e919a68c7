import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invalidities, objectsOf } from './clusterTools.ts';
import { deployments, everyText, everywhere, OVERLAYS } from './everyManifest.ts';

const ROOT = join(__dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** More than `kubectl apply` takes along in an annotation. */
const TOO_LONG_BYTES = 262_144;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapscope-manifests-'));
  everyText();
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function validityOf(text: string): string[] {
  const file = join(folder, 'manifest.yaml');
  writeFileSync(file, text);
  return invalidities([file]);
}

test('every overlay and the chart with many values are valid by the schemas of Kubernetes', () => {
  const files = [...everyText()].map(([name, text]) => {
    const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  expect(files.length).toBeGreaterThan(14);
  expect(invalidities(files)).toEqual([]);
});

test.each([
  ['a field that nothing has', 'replicas: 1', 'replicsa: 1', /replicsa/],
  ['a value of another type', 'replicas: 1', 'replicas: many', /replicas/],
  ['a name that is none', 'name: heapscope\n', 'name: Heap_Scope\n', /Heap_Scope/],
])('the schemas find %s', (_what, right, wrong, said) => {
  const text = everyText().get('deploy/base')!;
  expect(text).toContain(right);
  expect(validityOf(text.replaceAll(right, wrong)).join()).toMatch(said);
});

test('components come to the same in whatever order they are joined', () => {
  const sorted = (name: string) =>
    objectsOf(everyText().get(name)!)
      .map((object) => JSON.stringify(object))
      .sort();
  const args = /"args":\[[^\]]*\]/;
  const [one, other] = [
    'kubernetes-auth and persistent and metrics-api',
    'metrics-api and persistent and kubernetes-auth',
  ];
  expect(sorted(one).map((object) => object.replace(args, ''))).toEqual(
    sorted(other).map((object) => object.replace(args, ''))
  );
  expect(args.exec(sorted(one).join())![0]).toBe('"args":["--auth=kubernetes","--secure-port=8443"]');
});

test('each component is part of an overlay or described', () => {
  const install = readFileSync(join(ROOT, 'docs/install.md'), 'utf8');
  const used =
    OVERLAYS.map((path) => readFileSync(join(ROOT, path, 'kustomization.yaml'), 'utf8')).join('\n') + install;
  for (const component of readdirSync(join(ROOT, 'deploy/components'))) {
    expect({ component, isUsed: used.includes(`components/${component}`) }).toEqual({ component, isUsed: true });
  }
});

test('the copies of dashboards and provisioning files are current', () => {
  const { stderr, status } = spawnSync(process.execPath, ['tools/copyToDeploy.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('no object is too long for `kubectl apply`', () => {
  for (const { name, objects } of everywhere()) {
    for (const object of objects) {
      const bytes = Buffer.byteLength(JSON.stringify(object));
      expect({ name, kind: object.kind, fits: bytes < TOO_LONG_BYTES }).toMatchObject({ fits: true });
    }
  }
});

test('nothing is applied twice', () => {
  for (const { name, objects } of everywhere()) {
    const all = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect({ name, all }).toEqual({ name, all: [...new Set(all)] });
  }
});

test('the version of images and chart is that of the package', () => {
  const chart = objectsOf(readFileSync(join(ROOT, 'deploy/helm/heapscope/Chart.yaml'), 'utf8'))[0];
  expect(chart).toMatchObject({ version, appVersion: version });
  for (const { objects } of everywhere()) {
    for (const { spec } of deployments(objects)) {
      expect(spec.template.spec.containers[0].image).toMatch(new RegExp(`^heapscope(-grafana)?:${version}$`));
    }
  }
});
