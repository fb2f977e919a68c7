import { createAuthority } from '../support/certificates.ts';
import { objectsOf } from '../deploy/clusterTools.ts';
import { everyText } from '../deploy/everyManifest.ts';
import { startControlPlane } from './controlPlane.ts';
import type { ControlPlane } from './controlPlane.ts';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane(await createAuthority('front-proxy-ca'));
  const objects = [...everyText().values()].flatMap(objectsOf);
  const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  for (const name of [...namespaces].filter((each) => each !== 'kube-system')) {
    await plane.kubectl(['create', 'namespace', name]);
  }
}, 180_000);

afterAll(() => plane?.close());

test('a real API server takes every object of every manifest as it is', async () => {
  for (const [name, text] of everyText()) {
    const said = await plane.kubectl(['apply', '--dry-run=server', '-o', 'name', '-f', '-'], undefined, text);
    expect({ name, objects: said.trim().split('\n').length }).toEqual({ name, objects: objectsOf(text).length });
  }
}, 180_000);

test('and no object with a field that there is not', async () => {
  const wrong = everyText().get('deploy/base')!.replace('replicas: 1', 'replicsa: 1');
  const applied = plane.kubectl(['apply', '--dry-run=server', '-f', '-'], undefined, wrong);
  await expect(applied).rejects.toThrow('replicsa');
});
