import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isSetting } from '../backend/config/settings.ts';

const ROOT = join(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  image: string;
  build?: { context: string; target: string; args?: Record<string, string> };
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: string[] | Record<string, { condition: string }>;
}

interface Compose {
  services: Record<'simulator' | 'backend' | 'grafana', Service>;
  volumes: Record<string, unknown>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const { simulator, backend, grafana } = compose.services;
const services = Object.entries(compose.services);
const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
const stages = dockerfile.flatMap((line) => /^FROM \S+ AS (\S+)$/.exec(line)?.[1] ?? []);
const flagsOf = ({ command = [] }: Service) => command.map((flag) => /^--([\w-]+)/.exec(flag)![1]);

/** Whether a file of the repository is sent to the Docker engine at all. */
function isInContext(path: string): boolean {
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return rules[0] === '*' && rules.includes(`!${path.split('/')[0]}`);
}

describe('docker-compose.yml', () => {
  test('starts the simulator, the backend that watches it, and Grafana', () => {
    expect(services.map(([name]) => name)).toEqual(['simulator', 'backend', 'grafana']);
    expect(backend.depends_on).toEqual({ simulator: { condition: 'service_healthy' } });
    expect(grafana.depends_on).toEqual(['backend']);
  });

  test('builds stages that the Dockerfile has', () => {
    for (const [, { build }] of services) {
      expect(stages).toContain(build!.target);
    }
  });

  test('gives the backend flags and variables that it knows', () => {
    const variables = Object.keys(backend.environment!).map((name) =>
      /^HEAPSCOPE_(.+)$/.exec(name)![1].toLowerCase().replaceAll('_', '-')
    );
    expect([...flagsOf(backend), ...variables].filter((name) => !isSetting(name))).toEqual([]);
  });

  test('gives the simulator flags that it knows', () => {
    const known = read('simulator/main.ts');
    expect(flagsOf(simulator).filter((name) => !known.includes(`  --${name} `))).toEqual([]);
  });

  test('hands the kubeconfig of the simulator to the backend', () => {
    const path = '--kubeconfig=/run/heapscope/kubeconfig';
    expect(simulator.command).toContain(path);
    expect(backend.command).toContain(path);
    expect(backend.volumes).toEqual(expect.arrayContaining(simulator.volumes!));
  });

  test('lets Grafana and the backend have the same token, long enough to be accepted', () => {
    expect(grafana.environment!.HEAPSCOPE_TOKEN).toBe(backend.environment!.HEAPSCOPE_AUTH_TOKEN);
    expect(/:-(.+)\}$/.exec(grafana.environment!.HEAPSCOPE_TOKEN)![1].length).toBeGreaterThanOrEqual(16);
  });

  test('publishes ports to this machine alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual(['127.0.0.1:8082:8082', '127.0.0.1:3000:3000']);
  });

  test('mounts folders that are there', () => {
    const mounts = services.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0]);
    for (const source of mounts) {
      const isThere = source.startsWith('.') ? statSync(join(ROOT, source)).isDirectory() : source in compose.volumes;
      expect({ source, isThere }).toEqual({ source, isThere: true });
    }
  });
});

describe('provisioning', () => {
  const datasources = read('provisioning/datasources/heapscope.yml');
  const providers = read('provisioning/dashboards/heapscope.yml');

  test('takes from the environment only what docker-compose.yml gives', () => {
    const used = [datasources, providers].flatMap((text) => [...text.matchAll(/: \$(\w+)$/gm)].map(([, name]) => name));
    expect(used.sort()).toEqual(['HEAPSCOPE_DASHBOARDS_PATH', 'HEAPSCOPE_TOKEN', 'HEAPSCOPE_URL']);
    expect(Object.keys(grafana.environment!)).toEqual(expect.arrayContaining(used));
  });

  test('declares the data source of the plugin with a fixed uid', () => {
    const plugin = JSON.parse(read('src/plugin.json')) as { id: string };
    expect(parse(datasources).datasources).toMatchObject([
      { uid: 'heapscope', type: plugin.id, access: 'proxy', jsonData: { backendUrl: '$HEAPSCOPE_URL' } },
    ]);
  });

  test('loads the dashboards from where they are mounted', () => {
    const path = grafana.environment!.HEAPSCOPE_DASHBOARDS_PATH;
    expect(parse(providers).providers).toMatchObject([
      { type: 'file', options: { path: '$HEAPSCOPE_DASHBOARDS_PATH' } },
    ]);
    expect(grafana.volumes).toContain(`./dashboards:${path}:ro`);
    expect(grafana.environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(`${path}/cluster.json`);
  });
});

describe('Dockerfile', () => {
  test('copies only what is in the repository and reaches the engine', () => {
    const copied = dockerfile
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1))
      .filter((path) => path !== '.');
    expect(copied.length).toBeGreaterThan(3);
    for (const path of copied) {
      const state = { path, exists: existsSync(join(ROOT, path)), isInContext: isInContext(path) };
      expect(state).toEqual({ path, exists: true, isInContext: true });
    }
  });

  test('copies between stages that exist', () => {
    const sources = dockerfile.flatMap((line) => /--from=(\S+)/.exec(line)?.[1] ?? []);
    expect(stages).toEqual(expect.arrayContaining(sources));
  });

  test('installs the plugin under its id', () => {
    const { id } = JSON.parse(read('src/plugin.json')) as { id: string };
    expect(dockerfile.join('\n')).toContain(`/var/lib/grafana/plugins/${id}`);
    expect(grafana.environment!.GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS).toBe(id);
  });

  test('runs the backend without root, checks its health, and brings all that its starter needs', () => {
    const last = dockerfile.slice(dockerfile.findIndex((line) => line.endsWith(' AS backend')));
    expect(last).toContain('USER 10001');
    // Not HEAPSCOPE_DATA_DIR: manifests of others run the image as whom they like, with a root file system to read only.
    expect(last).toContain('ENV XDG_DATA_HOME=/data');
    expect(last.join('\n')).toMatch(/HEALTHCHECK .*\/livez/);
    expect(last.join('\n')).toContain('ENTRYPOINT ["node", "bin/heapscope.mjs"]');
    const imported = [...read('bin/heapscope.mjs').matchAll(/'\.\.\/([^']+)'/g)].map(([, path]) => path);
    for (const path of imported) {
      expect({
        path,
        copied: last.some((line) => line.startsWith('COPY') && line.includes(path.split('/')[0])),
      }).toEqual({ path, copied: true });
    }
  });
});
