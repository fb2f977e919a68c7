import type { AnswerForm } from './negotiation.ts';
import type { FoundMetrics } from './resourceMetrics.ts';
import { badRequest } from './statusFailure.ts';

const META = 'meta.k8s.io';

/** The forms in which `kubectl get` asks for lines and columns. */
export const TABLE_FORMS: readonly AnswerForm[] = ['v1', 'v1beta1'].map((version) => ({
  as: 'Table',
  group: META,
  version,
}));

const column = (name: string, format: string, description: string) => ({
  name,
  type: 'string',
  format,
  description,
  priority: 0,
});

const COLUMNS = [
  column('Name', 'name', 'Name of the node or pod.'),
  column('cpu', 'quantity', 'CPU in use; of a pod, that of its containers together.'),
  column('memory', 'quantity', 'Working set; of a pod, that of its containers together.'),
  column('Window', 'duration', 'Time between the two samples behind the CPU.'),
];

/** Objects as a table. `typed` is an object with its type, for clients that want whole objects beside the lines. */
export function tableOf(
  found: readonly FoundMetrics[],
  version: string,
  includeObject: string | null,
  typed: (metrics: FoundMetrics) => object
): object {
  const objectOf = objectReader(version, includeObject, typed);
  return {
    kind: 'Table',
    apiVersion: `${META}/${version}`,
    metadata: {},
    columnDefinitions: COLUMNS,
    rows: found.map((metrics) => {
      const { object, total } = metrics;
      const cells = [object.metadata.name, total.cpu, total.memory, object.window];
      return { cells, object: objectOf(metrics) };
    }),
  };
}

function objectReader(
  version: string,
  includeObject: string | null,
  typed: (metrics: FoundMetrics) => object
): (metrics: FoundMetrics) => object | undefined {
  switch (includeObject) {
    case 'None':
      return () => undefined;
    case 'Object':
      return typed;
    case null:
    case '':
    case 'Metadata':
      return ({ object }) => ({
        kind: 'PartialObjectMetadata',
        apiVersion: `${META}/${version}`,
        metadata: object.metadata,
      });
    default:
      throw badRequest('includeObject must be one of "None", "Metadata", "Object"');
  }
}
