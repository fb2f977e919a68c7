import { isSetting } from '../../backend/config/settings.ts';
import { backendOf, deployments, everyText, everywhere, names, ofKind, type Source } from './everyManifest.ts';

// The first to ask builds them all.
beforeAll(() => void everyText(), 120_000);

describe('pods', () => {
  test('run without root, rights of the kernel or a file system they may write to, and within bounds', () => {
    for (const { objects } of everywhere()) {
      for (const { metadata, spec } of deployments(objects)) {
        expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
        const pod = spec.template.spec;
        const user = metadata.name.endsWith('grafana') ? 472 : 10001;
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: user,
          fsGroup: user,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const container of pod.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources).toMatchObject({
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          });
          expect(container.startupProbe && container.livenessProbe && container.readinessProbe).toBeTruthy();
        }
      }
    }
  });

  test('start with flags and variables that the backend knows', () => {
    for (const { name, objects } of everywhere()) {
      const [{ args = [], env = [] }] = backendOf(objects).spec.template.spec.containers;
      const flags = args.map((flag) => /^--([\w-]+)(=|$)/.exec(flag)![1]);
      const variables = env.map((variable) =>
        variable.name.replace('HEAPSCOPE_', '').toLowerCase().replaceAll('_', '-')
      );
      expect({ name, unknown: [...flags, ...variables].filter((flag) => !isSetting(flag)) }).toEqual({
        name,
        unknown: [],
      });
    }
  });

  test('mount only volumes, ConfigMaps, claims and secrets that are there or described', () => {
    const described = ['heapscope-token', 'heapscope-grafana', 'token', 'admin', 'serving', 'old'];
    for (const { name, objects } of everywhere()) {
      const there = ['ConfigMap', 'Secret', 'PersistentVolumeClaim'].flatMap((kind) => names(objects, kind));
      for (const { spec } of deployments(objects)) {
        const { volumes, containers } = spec.template.spec;
        const sources = volumes.flatMap((volume): Source[] => volume.projected?.sources ?? [volume]);
        const wanted = sources.flatMap(({ configMap, secret, persistentVolumeClaim }) =>
          [configMap?.name, secret?.secretName, persistentVolumeClaim?.claimName].filter((value) => value !== undefined)
        );
        const keys = containers[0].env?.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? []) ?? [];
        const missing = [...wanted, ...keys].filter((object) => ![...there, ...described].includes(object));
        expect({ name, missing }).toEqual({ name, missing: [] });
        const mounted = containers[0].volumeMounts.map((mount) => mount.name);
        expect(new Set(mounted)).toEqual(new Set(volumes.map((volume) => volume.name)));
      }
    }
  });

  test('are found by Services of their own namespace, at ports they have', () => {
    for (const { name, objects } of everywhere()) {
      for (const service of ofKind<{ selector: object; ports: Array<{ targetPort: string }> }>(objects, 'Service')) {
        const found = deployments(objects).filter(
          ({ metadata, spec }) =>
            metadata.namespace === service.metadata.namespace &&
            Object.entries(service.spec.selector).every(([key, value]) => spec.template.metadata.labels[key] === value)
        );
        expect({ name, service: service.metadata.name, found: found.length }).toMatchObject({ found: 1 });
        const ports = found[0].spec.template.spec.containers[0].ports.map((port) => port.name);
        expect(ports).toEqual(expect.arrayContaining(service.spec.ports.map(({ targetPort }) => targetPort)));
      }
    }
  });

  test('keep a history that fits the volume, with a GiB for what waits for a receiver', () => {
    const gib = (text: string) => Number(/^(\d+)Gi(B)?$/.exec(text)![1]);
    for (const { name, objects } of everywhere()) {
      const { containers, volumes } = backendOf(objects).spec.template.spec;
      const history = containers[0].env!.find((variable) => variable.name === 'HEAPSCOPE_HISTORY_SIZE')!.value!;
      const data = volumes.find((volume) => volume.name === 'data')!;
      const [claim] = ofKind<{ resources: { requests: { storage: string } } }>(objects, 'PersistentVolumeClaim');
      const isOldClaim = data.persistentVolumeClaim?.claimName === 'old';
      const size = data.emptyDir?.sizeLimit ?? (isOldClaim ? '12Gi' : claim.spec.resources.requests.storage);
      expect({ name, fits: gib(history) + 1 < gib(size) }).toEqual({ name, fits: true });
    }
  });
});
