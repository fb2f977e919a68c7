import type { NodeBatch, ObjectNames, TotalsBatch } from '../model/batch.ts';
import type { ObjectFacts } from './heapsterLabels.ts';
import { heapsterRows, valueText, type HeapsterRow } from './heapsterRows.ts';
import type { TakeLine } from './influxLines.ts';

/** Writes a batch in Graphite's plaintext protocol: a path, a value and the end of the round in seconds per line. */
export function writeGraphiteLines(
  batch: NodeBatch | TotalsBatch,
  facts: Pick<ObjectFacts, 'hostnameOf'>,
  prefix: string,
  take: TakeLine
): void {
  const end = ` ${Math.floor(batch.timestampMs / 1000)}\n`;
  for (const row of heapsterRows(batch)) {
    const object = `${prefix}.${objectPath(row, facts)}`;
    for (const metric of row.metrics) {
      const text = valueText(metric, row.row);
      if (text !== undefined) {
        take(`${object}.${metricPath(metric.name, row.names)} ${text}${end}`, 1);
      }
    }
  }
}

/** Where Heapster kept an object: below the host name of its node, its namespace, or the cluster. */
function objectPath({ type, names }: HeapsterRow, { hostnameOf }: Pick<ObjectFacts, 'hostnameOf'>): string {
  const node = () => `nodes.${component(hostnameOf(names.node ?? ''))}`;
  const pod = () => `${node()}.pods.${component(names.namespace ?? '')}.${component(names.pod ?? '')}`;
  switch (type) {
    case 'cluster':
      return 'cluster';
    case 'ns':
      return `namespaces.${component(names.namespace ?? '')}`;
    case 'node':
      return node();
    case 'sys_container':
      return `${node()}.sys-containers.${component(names.container ?? '')}`;
    case 'pod':
      return pod();
    case 'pod_container':
      return `${pod()}.containers.${component(names.container ?? '')}`;
  }
}

/** The name with dots for slashes; a file system or an accelerator stands between its two parts. */
function metricPath(name: string, { resourceId, make, model, acceleratorId }: ObjectNames): string {
  const which =
    resourceId === undefined ? [make, model, acceleratorId].filter((part) => part !== undefined) : [resourceId];
  const [section, ...rest] = name.split('/').map(cleared);
  return [section, ...which.map(component), ...rest].join('.');
}

/** One step of a path: what would divide it, or end it, becomes an underscore. */
function component(text: string): string {
  return cleared(text).replace(/[./]/g, '_');
}

/** Without what a line cannot hold: blanks, control characters, and the mark of Graphite's tags. */
function cleared(text: string): string {
  return text.replace(/[\s;\u0000-\u001f\u007f]/g, '_');
}
