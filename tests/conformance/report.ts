import type { Conformance } from './conform.ts';
import { FURTHER_DEPARTURES, NAMED_DEPARTURES, type Departure, type Findings } from './findings.ts';

const MOST_SHOWN = 40;

/** A report for people: per run what agrees, what departs by design, and what should not be. */
export function report(runs: readonly Conformance[]): string {
  const lines: string[] = [];
  for (const { kit, batches, requests } of runs) {
    const { heapster, source, metricResolutionSeconds } = kit.run;
    lines.push(`${kit.name}: Heapster ${heapster}, ${source}, every ${metricResolutionSeconds} s`);
    lines.push(...describe(`${kit.batches.length} batches`, 'values and labels', batches));
    lines.push(...describe(`${kit.requests.length} requests`, 'answers', requests), '');
  }
  const used = new Set(
    runs.flatMap(({ batches, requests }) => [...batches.departed.keys(), ...requests.departed.keys()])
  );
  lines.push(...listed('Departures that the design names:', NAMED_DEPARTURES, used));
  lines.push(...listed('Departures that follow from it:', FURTHER_DEPARTURES, used));
  const failed = runs.filter((run) => !conforms(run));
  lines.push(
    failed.length === 0
      ? `${runs.length} of ${runs.length} runs conform.`
      : `${runs.length - failed.length} of ${runs.length} runs conform; not: ${failed.map(({ kit }) => kit.name).join(', ')}.`
  );
  return lines.join('\n');
}

function listed(title: string, departures: Readonly<Record<string, string>>, used: ReadonlySet<string>): string[] {
  const lines = Object.entries(departures).flatMap(([name, text]) => (used.has(name) ? [`  ${name}: ${text}`] : []));
  return lines.length > 0 ? [title, ...lines, ''] : [];
}

/** Whether nothing but departures by design differs. */
export function conforms({ batches, requests }: Conformance): boolean {
  return batches.unexplained.length === 0 && requests.unexplained.length === 0;
}

function describe(of: string, what: string, { agreed, departed, unexplained }: Findings): string[] {
  const departures = [...departed]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, count]: [Departure, number]) => `${name} ${count}`);
  const counts = [`${agreed} ${what} agree`, ...(departures.length > 0 ? [`by design ${departures.join(', ')}`] : [])];
  if (unexplained.length > 0) {
    counts.push(`${unexplained.length} DIFFER`);
  }
  const shown = unexplained.slice(0, MOST_SHOWN).map((line) => `    ${line}`);
  const more = unexplained.length > MOST_SHOWN ? [`    and ${unexplained.length - MOST_SHOWN} more`] : [];
  return [`  ${of}: ${counts.join('; ')}`, ...shown, ...more];
}
