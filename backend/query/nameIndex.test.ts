import fc from 'fast-check';
import { HeadStore } from '../store/headStore.ts';
import { nodeBatch } from '../store/testing/batches.ts';
import { NameIndex } from './nameIndex.ts';

const MINUTE_MS = 60_000;

describe('lists of names', () => {
  it('are right after every round, whatever came, went or got another owner', () => {
    const pods = fc.dictionary(fc.constantFrom('d', 'b', 'a', 'c', 'e'), fc.constantFrom('x', 'y', 'z', undefined));
    fc.assert(
      fc.property(fc.array(pods, { maxLength: 20 }), fc.nat({ max: 4 }), (rounds, windowMinutes) => {
        const head = new HeadStore({ windowMs: windowMinutes * MINUTE_MS, maxBytes: 0 });
        const index = new NameIndex(head);
        rounds.forEach((owners, round) => {
          write(head, round * MINUTE_MS, owners);
          const range = { fromMs: round * MINUTE_MS, toMs: round * MINUTE_MS };
          const workloads = Object.values(owners).filter((owner) => owner !== undefined);
          expect(index.names({ dimension: 'pod' }, range).names).toEqual(Object.keys(owners).sort());
          expect(index.names({ dimension: 'workload', level: 'pod' }, range).names).toEqual(
            [...new Set(workloads)].sort()
          );
        });
      })
    );
  });

  it('do not show what a round brings before it is there as a whole', () => {
    const head = new HeadStore({ windowMs: MINUTE_MS, maxBytes: 0 });
    const index = new NameIndex(head);
    const range = { fromMs: 0, toMs: 9 * MINUTE_MS };
    write(head, MINUTE_MS, { a: undefined });
    head.append(batch(2 * MINUTE_MS, { a: undefined, b: undefined }));
    expect(index.names({ dimension: 'pod' }, range).names).toEqual(['a']);
    head.commit(2 * MINUTE_MS);
    expect(index.names({ dimension: 'pod' }, range).names).toEqual(['a', 'b']);
  });
});

function write(head: HeadStore, timestampMs: number, owners: Record<string, string | undefined>): void {
  head.append(batch(timestampMs, owners));
  head.commit(timestampMs);
}

/** Pods and the workload each belongs to. */
function batch(timestampMs: number, owners: Record<string, string | undefined>) {
  const pod = Object.entries(owners).map(([key, workload]) => ({
    key,
    names: { pod: key, workload },
    values: { uptime: 1 },
  }));
  return nodeBatch('n', timestampMs, { pod });
}
