// Copies dashboards and provisioning files to where kustomize and Helm can read them: neither reads files outside of its own
// folder. Dashboards lose their indentation on the way, so that they fit into what `kubectl apply` keeps beside an object.
// `tests/deploy` checks that the copies are current.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);

/** Each copy by its path in the repository. */
export function copies() {
  const read = (path) => readFileSync(new URL(path, root), 'utf8');
  const compact = (path) => `${JSON.stringify(JSON.parse(read(path)))}\n`;
  const folder = 'deploy/components/grafana/files';
  return {
    [`${folder}/dashboards/cluster.json`]: compact('dashboards/cluster.json'),
    [`${folder}/dashboards/pods.json`]: compact('dashboards/pods.json'),
    [`${folder}/provisioning/datasources.yml`]: read('provisioning/datasources/heapscope.yml'),
    [`${folder}/provisioning/dashboards.yml`]: read('provisioning/dashboards/heapscope.yml'),
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [path, text] of Object.entries(copies())) {
    const target = new URL(path, root);
    mkdirSync(new URL('.', target), { recursive: true });
    writeFileSync(target, text);
  }
}
