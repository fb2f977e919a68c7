import { GROUP, GROUP_VERSION, RESOURCES, VERSION, type ResourceName } from './group.ts';

const PACKAGE = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, format?: string): Schema => ({ type: 'string', format, description });

/** The schemas, with references below `root`. */
function schemas(root: string): Record<string, Schema> {
  const refer = (name: string): Schema => ({ $ref: `${root}${name}` });
  const list = (name: string): Schema => ({ type: 'array', items: refer(name) });
  const usage: Schema = {
    description: 'CPU in cores (`n` is a billionth) and memory in bytes, as quantities.',
    type: 'object',
    additionalProperties: { type: 'string' },
  };
  const common = {
    apiVersion: text('Version of the schema of this object.'),
    kind: text('Kind of this object.'),
  };
  const measured = {
    ...common,
    metadata: refer(`${META}.ObjectMeta`),
    timestamp: text('Time of the later sample.', 'date-time'),
    window: text('Time between the two samples behind the CPU, such as 15s.'),
  };
  return {
    [`${PACKAGE}.NodeMetrics`]: object('NodeMetrics', 'Use of a node.', { ...measured, usage }, [
      'timestamp',
      'window',
      'usage',
    ]),
    [`${PACKAGE}.NodeMetricsList`]: object(
      'NodeMetricsList',
      'Use of nodes.',
      { ...common, metadata: refer(`${META}.ListMeta`), items: list(`${PACKAGE}.NodeMetrics`) },
      ['items']
    ),
    [`${PACKAGE}.ContainerMetrics`]: {
      description: 'Use of a container.',
      type: 'object',
      properties: { name: text('Name of the container.'), usage },
      required: ['name', 'usage'],
    },
    [`${PACKAGE}.PodMetrics`]: object(
      'PodMetrics',
      'Use of a pod, container by container.',
      { ...measured, containers: list(`${PACKAGE}.ContainerMetrics`) },
      ['timestamp', 'window', 'containers']
    ),
    [`${PACKAGE}.PodMetricsList`]: object(
      'PodMetricsList',
      'Use of pods.',
      { ...common, metadata: refer(`${META}.ListMeta`), items: list(`${PACKAGE}.PodMetrics`) },
      ['items']
    ),
    [`${META}.ObjectMeta`]: { description: 'Name, namespace and labels of an object.', type: 'object' },
    [`${META}.ListMeta`]: { description: 'What is known of a list as a whole.', type: 'object' },
  };
}

function object(kind: string, description: string, properties: Schema, required: readonly string[]): Schema {
  return {
    description,
    type: 'object',
    properties,
    required,
    'x-kubernetes-group-version-kind': [{ group: GROUP, kind, version: VERSION }],
  };
}

interface Operation {
  readonly path: string;
  readonly resource: ResourceName;
  readonly isList: boolean;
}

const ROOT = `/apis/${GROUP_VERSION}`;
const OPERATIONS: readonly Operation[] = [
  { path: `${ROOT}/nodes`, resource: 'nodes', isList: true },
  { path: `${ROOT}/nodes/{name}`, resource: 'nodes', isList: false },
  { path: `${ROOT}/pods`, resource: 'pods', isList: true },
  { path: `${ROOT}/namespaces/{namespace}/pods`, resource: 'pods', isList: true },
  { path: `${ROOT}/namespaces/{namespace}/pods/{name}`, resource: 'pods', isList: false },
];

function pathsWith(
  parameter: (name: string, place: 'path' | 'query') => Schema,
  answer: (schema: string) => Schema
): Record<string, Schema> {
  return Object.fromEntries(
    OPERATIONS.map(({ path, resource, isList }) => {
      const { kind } = RESOURCES[resource];
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name, 'path'));
      const selectors = isList ? ['labelSelector', 'fieldSelector'].map((name) => parameter(name, 'query')) : [];
      const place = path.includes('{namespace}') ? 'Namespaced' : '';
      const get = {
        description: isList ? `list objects of kind ${kind}` : `read the specified ${kind}`,
        operationId: `${isList ? 'list' : 'read'}MetricsV1beta1${place}${kind}${isList && resource === 'pods' && place === '' ? 'ForAllNamespaces' : ''}`,
        parameters: [...names, ...selectors],
        ...answer(`${PACKAGE}.${kind}${isList ? 'List' : ''}`),
        'x-kubernetes-action': isList ? 'list' : 'get',
        'x-kubernetes-group-version-kind': { group: GROUP, kind, version: VERSION },
      };
      return [path, { get }];
    })
  );
}

const INFO = { title: 'Heapscope', version: VERSION };

/** `/openapi/v2`. */
export const OPENAPI_V2 = {
  swagger: '2.0',
  info: INFO,
  paths: pathsWith(
    (name, place) => ({ name, in: place, type: 'string', required: place === 'path', uniqueItems: true }),
    (schema) => ({
      produces: ['application/json'],
      schemes: ['https'],
      responses: { 200: { description: 'OK', schema: { $ref: `#/definitions/${schema}` } } },
    })
  ),
  definitions: schemas('#/definitions/'),
};

/** `/openapi/v3/apis/metrics.k8s.io/v1beta1`. */
export const OPENAPI_V3 = {
  openapi: '3.0.0',
  info: INFO,
  paths: pathsWith(
    (name, place) => ({ name, in: place, required: place === 'path', schema: { type: 'string' } }),
    (schema) => ({
      responses: {
        200: {
          description: 'OK',
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
        },
      },
    })
  ),
  components: { schemas: schemas('#/components/schemas/') },
};
