import { parseExact, type ExactValue } from './exactJson.ts';
import { difference, isSame } from './isSame.ts';

/** What 1.6 exported and 1.5.4 did not. */
const NEWER = /^(ephemeral_storage\/|accelerator\/|cpu\/load$)/;

type Entry = Readonly<Record<string, ExactValue>>;

/** Compares what the export means, but for its descriptions. A departure or a sentence; undefined if nothing differs. */
export function compareSchemas(ours: ExactValue, theirs: ExactValue, isOlder: boolean): string | undefined {
  if (isSame(ours, theirs)) {
    return undefined;
  }
  const [own, recorded] = [ours, theirs].map(withoutDescriptions);
  if (isSame(own, recorded)) {
    return 'descriptions';
  }
  const known = isOlder ? withoutNewer(own, recorded) : own;
  return isSame(known, recorded) ? 'version' : difference(known, recorded);
}

function withoutDescriptions(value: ExactValue): ExactValue {
  return parseExact(JSON.stringify(value, (key, entry: unknown) => (key === 'description' ? undefined : entry)));
}

/** Our schema without the metrics that the older version lacks. */
function withoutNewer(ours: ExactValue, theirs: ExactValue): ExactValue {
  const [own, recorded] = [ours, theirs] as unknown as Array<{ readonly metrics: readonly Entry[] }>;
  const known = new Set(recorded.metrics.map(({ name }) => name));
  const metrics = own.metrics.filter(({ name }) => known.has(name) || !NEWER.test(String(name)));
  return { ...own, metrics } as unknown as ExactValue;
}
