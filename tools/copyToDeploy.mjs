// Copies dashboards and provisioning files to where kustomize and Helm can read them: neither reads files outside of its own
// folder. Dashboards lose their indentation on the way, so that they fit into what `kubectl apply` keeps beside an object.
// With `--check` it writes nothing, and names the copies that are not current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const folder = 'deploy/components/grafana/files';
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const compact = (path) => `${JSON.stringify(JSON.parse(read(path)))}\n`;

const copies = {
  [`${folder}/dashboards/cluster.json`]: compact('dashboards/cluster.json'),
  [`${folder}/dashboards/pods.json`]: compact('dashboards/pods.json'),
  [`${folder}/provisioning/datasources.yml`]: read('provisioning/datasources/heapscope.yml'),
  [`${folder}/provisioning/dashboards.yml`]: read('provisioning/dashboards/heapscope.yml'),
};

const stale = Object.entries(copies).filter(([path, text]) => !existsSync(new URL(path, root)) || read(path) !== text);
if (process.argv.includes('--check')) {
  for (const [path] of stale) {
    console.error(`${path} is not current: run \`node tools/copyToDeploy.mjs\`.`);
  }
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) {
    const target = new URL(path, root);
    mkdirSync(new URL('.', target), { recursive: true });
    writeFileSync(target, text);
  }
}
