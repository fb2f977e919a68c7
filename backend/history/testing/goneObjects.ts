import fc from 'fast-check';
import { objectKey, type ObjectNames, type TableName } from '../../model/batch.ts';
import { compareObjects } from '../goneFormat.ts';
import type { HistoryObject } from '../inventory.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const text = fc.string({ maxLength: 6 });
const names: fc.Arbitrary<ObjectNames> = fc
  .record(
    {
      node: text,
      namespace: text,
      workloadKind: text,
      workload: text,
      pod: fc.constantFrom('a', 'b', 'c', 'db-0', 'db-1', ''),
      container: text,
      resourceId: text,
      persistentVolumeClaim: text,
      interface: text,
      owner: fc.constantFrom('node', 'pod', 'container', 'sys_container'),
      uid: text,
      labels: fc.dictionary(fc.constantFrom('app', 'tier', 'x'), text),
      hostNetwork: fc.boolean(),
      reported: fc.constant(false),
    },
    { requiredKeys: [] }
  )
  .map((one) => one as ObjectNames);

const object = fc
  .record({
    table: fc.constantFrom<TableName>('cluster', 'node', 'pod', 'pod', 'container', 'interface'),
    shard: fc.constantFrom('', 'node-1', 'node-2', 'node-10', 'é'),
    key: text,
    names,
    firstSeenMs: fc.integer({ min: 0, max: 40 }).map((days) => days * DAY),
    lastedMs: fc.oneof(fc.nat(2 * DAY), fc.nat(20 * DAY)),
    formerNames: fc.option(fc.array(fc.record({ untilMs: fc.nat(), names }), { minLength: 1, maxLength: 3 }), {
      nil: undefined,
    }),
  })
  .map(({ lastedMs, formerNames, ...rest }) => {
    const seen = { ...rest, lastSeenMs: rest.firstSeenMs + lastedMs };
    return formerNames ? { ...seen, formerNames } : seen;
  });

/** Objects of any kind in the order of files, each with a number of its own. */
export const goneObjects: fc.Arbitrary<HistoryObject[]> = fc
  .array(object, { maxLength: 30 })
  .map((objects) => objects.map((one, index) => ({ number: index + 1, ...one })).sort(compareObjects));

/** A range within the times of {@link goneObjects}, or beyond them. */
export const ranges = fc
  .tuple(fc.integer({ min: -1, max: 70 }), fc.nat(10))
  .map(([day, days]) => ({ fromMs: day * DAY, toMs: (day + days) * DAY }));

/** Whether an object was there within a range. */
export function wasThere(
  { firstSeenMs, lastSeenMs }: HistoryObject,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }
): boolean {
  return lastSeenMs >= fromMs && firstSeenMs <= toMs;
}

/** What churn leaves on nodes within a day: pods of deployments and jobs with all that they have, in the order of files. */
export function churnOfDay(startMs: number, nodes: number, podsPerNode: number): HistoryObject[] {
  const objects: HistoryObject[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let pod = 0; pod < podsPerNode; pod++) {
      objects.push(...podWithParts(startMs, node, pod, objects.length));
    }
  }
  return objects.sort(compareObjects);
}

/** A pod with two containers, five file systems and an interface. */
function podWithParts(startMs: number, node: number, pod: number, before: number): HistoryObject[] {
  const shard = `worker-${String(node).padStart(4, '0')}.eu-west-1.compute.internal`;
  const seed = node * 1_009 + pod * 7;
  const app = `shop-${['cart', 'checkout', 'search', 'mail', 'report'][seed % 5]}-${seed % 37}`;
  const hash = scrambled(seed % 211).slice(0, 9);
  const its = { namespace: `team-${seed % 11}`, pod: `${app}-${hash}-${scrambled(before).slice(0, 5)}` };
  const labels = { app, 'app.kubernetes.io/part-of': 'shop', 'pod-template-hash': hash };
  const owner = { workloadKind: 'Deployment', workload: app };
  const common: ObjectNames = { node: shard, ...its, ...owner };
  const lastSeenMs = startMs + ((seed * 7_919) % 1_440) * 60_000 + 60_000;
  const firstSeenMs = lastSeenMs - (seed % 20 === 0 ? (seed % 30) * DAY : ((seed * 31) % 600) * 60_000);
  const podKey = objectKey(its.namespace, its.pod);
  const whole = (table: TableName, key: string, more: ObjectNames, position: number): HistoryObject => {
    const found = { ...common, ...more };
    return { number: before + position + 1, table, shard, key, names: found, firstSeenMs, lastSeenMs };
  };
  const part = (table: TableName, level: 'pod' | 'container', last: ObjectNames, position: number) =>
    whole(
      table,
      objectKey(level, shard, podKey, last.container ?? '', last.resourceId ?? last.interface ?? ''),
      { owner: level, ...last },
      position
    );
  const uid = `${scrambled(before + 1)}-${scrambled(before + 2)}-${scrambled(before + 3)}`;
  return [
    whole('pod', podKey, { uid, labels, hostNetwork: false }, 0),
    whole('container', objectKey(podKey, 'main'), { container: 'main', labels }, 1),
    whole('container', objectKey(podKey, 'proxy'), { container: 'proxy', labels }, 2),
    part('filesystem', 'container', { container: 'main', resourceId: '/' }, 3),
    part('filesystem', 'container', { container: 'main', resourceId: 'logs' }, 4),
    part('filesystem', 'container', { container: 'proxy', resourceId: '/' }, 5),
    part('filesystem', 'container', { container: 'proxy', resourceId: 'logs' }, 6),
    part('filesystem', 'pod', { resourceId: 'ephemeral-storage' }, 7),
    part('interface', 'pod', { interface: 'eth0' }, 8),
  ];
}

/** Letters and digits that look like chance, the same for the same number. */
function scrambled(number: number): string {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 0;
  const high = Math.imul(state ^ (state >>> 13), 0xc2b2ae35) >>> 0;
  return (state.toString(36) + high.toString(36)).padEnd(12, '0');
}
