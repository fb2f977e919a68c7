import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendOf, everyText, everywhere, names, type Binding, type Role } from './everyManifest.ts';

const ROOT = join(__dirname, '..', '..');

// The first to ask builds them all.
beforeAll(() => void everyText(), 120_000);

describe('rights', () => {
  /** As `docs/security.md` lists them, plus what the metrics API lends to its readers. */
  const READ = ['get', 'list', 'watch'];

  test('are those of the backend and no more: reading what is watched, and two questions to kubelets', () => {
    for (const { objects } of everywhere()) {
      const [role] = objects.filter(
        ({ kind, metadata }) => kind === 'ClusterRole' && !metadata.name.endsWith('metrics-reader')
      );
      expect((role as unknown as Role).rules).toEqual([
        { apiGroups: [''], resources: ['nodes', 'pods', 'namespaces'], verbs: READ },
        { apiGroups: ['apps'], resources: ['replicasets'], verbs: READ },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: READ },
        { apiGroups: [''], resources: ['nodes/stats', 'nodes/metrics'], verbs: ['get'] },
      ]);
    }
  });

  test('cover what the backend watches', () => {
    const directory = readFileSync(join(ROOT, 'backend/kubernetes/directory.ts'), 'utf8');
    const watched = [...directory.matchAll(/resource: '([a-z.]+)'/g)].map(([, resource]) => resource);
    expect(watched.sort()).toEqual(['jobs.batch', 'namespaces', 'nodes', 'pods', 'replicasets.apps']);
  });

  test('never include nodes/proxy, a wildcard or writing', () => {
    for (const { name, objects } of everywhere()) {
      const rules = objects.flatMap(({ kind, rules }) => (kind.endsWith('Role') ? (rules as Role['rules']) : []));
      const granted = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
      expect(granted.length).toBeGreaterThan(10);
      const forbidden = granted.filter((word) => word === '*' || word === 'nodes/proxy');
      const writing = rules.flatMap(({ verbs }) => verbs).filter((verb) => !READ.includes(verb));
      expect({ name, forbidden, writing }).toEqual({ name, forbidden: [], writing: [] });
      expect(everyText().get(name)).not.toContain('cluster-admin');
    }
  });

  test('are bound to the account that the pod runs as, in its namespace', () => {
    for (const { name, objects } of everywhere()) {
      const { metadata, spec } = backendOf(objects);
      const account = spec.template.spec.serviceAccountName;
      expect(names(objects, 'ServiceAccount')).toEqual([account]);
      const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
      expect(bindings.length).toBeGreaterThan(0);
      for (const binding of bindings) {
        const { subjects } = binding as unknown as Binding;
        expect({ name, subjects }).toEqual({
          name,
          subjects: [{ kind: 'ServiceAccount', name: account, namespace: metadata.namespace }],
        });
      }
    }
  });

  test('to ask who somebody is are given only where somebody is asked about', () => {
    for (const { name, objects } of everywhere()) {
      const roles = objects
        .filter(({ kind }) => kind.endsWith('RoleBinding'))
        .map((binding) => (binding as unknown as Binding).roleRef.name);
      const [{ args = [] }] = backendOf(objects).spec.template.spec.containers;
      const hasMetricsApi = args.some((flag) => flag.startsWith('--secure-port='));
      expect({ name, delegated: roles.includes('system:auth-delegator') }).toEqual({
        name,
        delegated: hasMetricsApi || args.includes('--auth=kubernetes'),
      });
      expect({ name, reads: roles.includes('extension-apiserver-authentication-reader') }).toEqual({
        name,
        reads: hasMetricsApi,
      });
      expect(names(objects, 'APIService')).toEqual(hasMetricsApi ? ['v1beta1.metrics.k8s.io'] : []);
    }
  });
});
