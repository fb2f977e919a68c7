import { isSame, type RunContext } from './compareAnswers.ts';
import type { ExactValue } from './exactJson.ts';
import type { Departure } from './findings.ts';

/** An entity as the export has it. */
export interface ExportedSet {
  readonly metrics: Readonly<Record<string, ExactValue>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** It was read from a clock that the recording knows so well. */
const UPTIME_TOLERANCE_MS = 100;

/** Why two exports of an entity differ: one of the departures of its values in that round; undefined if it is none of them. */
export function departureOfSet(ours: ExactValue, theirs: ExactValue, context: RunContext): Departure | undefined {
  if (ours === null || theirs === null) {
    return undefined;
  }
  const [own, recorded] = [ours, theirs] as unknown as ExportedSet[];
  const [metrics, told] = [own.metrics, recorded.metrics];
  let departure: Departure | undefined;
  for (const name of new Set([...Object.keys(metrics), ...Object.keys(told)])) {
    if (!isSame(metrics[name] ?? null, told[name] ?? null, name === 'uptime' ? UPTIME_TOLERANCE_MS : 0)) {
      departure = departureOfMetric(own.labels, name, context);
      if (!departure) {
        return undefined;
      }
    }
  }
  return departure;
}

function departureOfMetric(
  labels: ExportedSet['labels'],
  metric: string,
  { accepted, newestMs }: RunContext
): Departure | undefined {
  const { nodename, pod_name: pod, container_name: container } = labels;
  const owner = pod === undefined ? `node:${nodename}` : `/pod:${pod}`;
  const isWhole = container === 'machine' || container === '/pod';
  const name = `${owner}${isWhole ? '' : `/container:${container}`} ${metric}`;
  // Labels of the metric itself may follow its name.
  const isIt = (value: string) => value.endsWith(name) || value.includes(`${name} `);
  return [...accepted].find(([value]) => value.startsWith(`${newestMs} `) && isIt(value))?.[1];
}
