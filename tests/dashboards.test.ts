import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dimension, Level, MetricQuery, NameFilter } from '../backend/contract/grafana.ts';
import { describeMetric } from '../backend/model/catalogue.ts';
import { DIMENSIONS, extraDimensions, TRAITS } from '../backend/query/dimensions.ts';

const FOLDER = join(__dirname, '..', 'dashboards');

interface Target extends MetricQuery {
  refId: string;
  legend?: string;
  datasource: unknown;
}

interface DataLink {
  url: string;
}

interface Override {
  matcher: { id: string; options: string };
  properties: Array<{ id: string; value: unknown }>;
}

interface Transformation {
  id: string;
  options: { alias?: string; renameByName?: Record<string, string>; indexByName?: Record<string, number> };
}

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: unknown;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: { defaults: { links?: DataLink[]; unit?: string }; overrides: Override[] };
  targets?: Target[];
  transformations?: Transformation[];
  /** Rows: panels that are asked for when the row is opened. */
  collapsed?: boolean;
  panels?: Panel[];
}

interface Variable {
  name: string;
  type: string;
  query: string | { refId: string; dimension: Dimension; filters?: NameFilter[] };
  refresh?: number;
  current: object;
  options: unknown[];
  includeAll: boolean;
  multi: boolean;
}

interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  panels: Panel[];
  links: Array<{ url: string; keepTime: boolean; includeVars: boolean }>;
  templating: { list: Variable[] };
}

const dashboards = readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard);
const byUid = new Map(dashboards.map((dashboard) => [dashboard.uid, dashboard]));
const DATASOURCE = { type: 'heapscope-kubernetes-datasource', uid: '${datasource}' };

const variablesOf = ({ templating }: Dashboard) =>
  templating.list.filter((variable): variable is Variable & { query: object } => variable.type === 'query');
/** All panels that ask for something, those of collapsed rows too. */
const dataPanels = ({ panels }: Dashboard) =>
  panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
const targetsOf = (dashboard: Dashboard) =>
  dataPanels(dashboard).flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));
const filtersOf = ({ filters = [] }: { filters?: unknown[] }) => filters as NameFilter[];
const variableNames = (texts: string[]) =>
  texts.flatMap((text) => [...text.matchAll(/^\$(\w+)$/g)].map(([, name]) => name));

function dataLinks(panel: Panel): DataLink[] {
  const overridden = panel.fieldConfig.overrides.flatMap(({ properties }) =>
    properties.flatMap(({ id, value }) => (id === 'links' ? (value as DataLink[]) : []))
  );
  return [...(panel.fieldConfig.defaults.links ?? []), ...overridden];
}

/** Names a series of the target carries. */
function labelsOf({ level, metric, groupBy, aggregation }: Target): string[] {
  if (groupBy || aggregation) {
    return groupBy ?? [];
  }
  return [...DIMENSIONS[level], ...extraDimensions(describeMetric(metric)!)];
}

test('there are the two dashboards that other parts link to', () => {
  expect([...byUid.keys()].sort()).toEqual(['heapscope-cluster', 'heapscope-pods']);
});

describe.each(dashboards.map((dashboard) => ({ title: dashboard.title, dashboard })))('$title', ({ dashboard }) => {
  test('asks only for metrics of the catalogue, at levels that have them', () => {
    const wrong = targetsOf(dashboard).filter(
      ({ target }) => !describeMetric(target.metric)?.levels.includes(target.level)
    );
    expect(wrong.map(({ panel, target }) => `${panel.title}: ${target.metric} of ${target.level}`)).toEqual([]);
  });

  test('filters and groups by names that the objects of the level carry', () => {
    const wrong = targetsOf(dashboard).flatMap(({ panel, target }) => {
      const possible: string[] = [
        ...DIMENSIONS[target.level as Level],
        ...extraDimensions(describeMetric(target.metric)!),
        ...(TRAITS[target.level as Level] ?? []),
      ];
      return [...filtersOf(target).map((filter) => filter.dimension), ...(target.groupBy ?? [])]
        .filter((dimension) => !possible.includes(dimension))
        .map((dimension) => `${panel.title}: ${dimension} of ${target.level}`);
    });
    expect(wrong).toEqual([]);
  });

  test('divides only by what the metric can be divided by', () => {
    const wrong = targetsOf(dashboard).filter(
      ({ target }) => target.denominator && !describeMetric(target.metric)?.denominators?.[target.denominator]
    );
    expect(wrong.map(({ panel }) => panel.title)).toEqual([]);
  });

  test('names series by labels they carry', () => {
    const wrong = targetsOf(dashboard).flatMap(({ panel, target }) =>
      [...(target.legend ?? '').matchAll(/\{\{(.+?)\}\}/g)]
        .filter(([, label]) => !labelsOf(target).includes(label))
        .map(([, label]) => `${panel.title}: ${label}`)
    );
    expect(wrong).toEqual([]);
  });

  test('counts gains of counters per object, since a sum falls when an object goes', () => {
    const gains = targetsOf(dashboard).filter(({ target }) => describeMetric(target.metric)?.name.endsWith('_count'));
    const wrong = gains.filter(
      ({ target }) => target.overTime === 'increase' && !['pod', 'container'].includes(target.level)
    );
    expect(gains.length).toBeGreaterThan(0);
    expect(wrong.map(({ panel }) => panel.title)).toEqual([]);
  });

  test('limits every question about pods and containers that is not summed up', () => {
    const wrong = targetsOf(dashboard).filter(
      ({ target }) => ['pod', 'container'].includes(target.level) && !target.aggregation && !target.limit
    );
    expect(wrong.map(({ panel }) => panel.title)).toEqual([]);
  });

  test('reads the data source that is chosen on the dashboard', () => {
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: DATASOURCE.type,
    });
    for (const panel of dataPanels(dashboard)) {
      expect([panel.datasource, ...panel.targets!.map((target) => target.datasource)]).toEqual(
        Array(panel.targets!.length + 1).fill(DATASOURCE)
      );
    }
  });

  test('asks for the names of its variables anew when the time range changes, and keeps no frozen list', () => {
    for (const variable of variablesOf(dashboard)) {
      expect(variable).toMatchObject({ refresh: 2, current: {}, options: [], includeAll: true, multi: true });
    }
    expect(variablesOf(dashboard).map((variable) => variable.name)).toEqual(
      dashboard.uid === 'heapscope-pods' ? ['namespace', 'workload', 'pod', 'container'] : ['node', 'namespace']
    );
  });

  test('chains variables only to those before them', () => {
    const before: string[] = [];
    for (const { name, query } of variablesOf(dashboard)) {
      const used = variableNames(filtersOf(query).flatMap((filter) => filter.values));
      expect(before).toEqual(expect.arrayContaining(used));
      before.push(name);
    }
  });

  test('repeats the filters of a variable wherever it filters by it, so that "All" needs no list of names', () => {
    const queries = new Map(variablesOf(dashboard).map(({ name, query }) => [name, query]));
    for (const { panel, target } of targetsOf(dashboard)) {
      const filters = filtersOf(target).map((filter) => JSON.stringify(filter));
      const needed = variableNames(filtersOf(target).flatMap((filter) => filter.values)).flatMap((name) =>
        filtersOf(queries.get(name)!).map((filter) => JSON.stringify(filter))
      );
      expect({ panel: panel.title, filters }).toEqual({ panel: panel.title, filters: expect.arrayContaining(needed) });
    }
  });

  test('gives every panel an id of its own and a place that no other panel covers', () => {
    const ids = [...dashboard.panels, ...dashboard.panels.flatMap(({ panels = [] }) => panels)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(`${title} over ${taken.get(`${x},${y}`)}`).toBe(`${title} over undefined`);
          taken.set(`${x},${y}`, title);
        }
      }
    }
  });

  test('keeps what needs a source that is switched off by default in a collapsed row that says so', () => {
    const optional = targetsOf(dashboard).filter(
      ({ target }) => describeMetric(target.metric)?.origin === 'cadvisor_metrics'
    );
    const rows = dashboard.panels.filter(({ panels = [] }) => optional.some(({ panel }) => panels.includes(panel)));
    const open = optional.filter(({ panel }) => dashboard.panels.includes(panel));
    expect(open.map(({ panel }) => panel.title)).toEqual([]);
    expect(rows.map(({ collapsed, title }) => [collapsed, title.includes('--cadvisor-metrics')])).toEqual(
      dashboard.uid === 'heapscope-pods' ? [[true, true]] : []
    );
  });

  test('places the panels of a collapsed row below it, where they are when it is opened', () => {
    for (const { gridPos, panels = [] } of dashboard.panels) {
      expect(panels.every((panel) => panel.gridPos.y > gridPos.y && panel.gridPos.x + panel.gridPos.w <= 24)).toBe(
        true
      );
    }
  });

  test('explains every panel', () => {
    expect(dataPanels(dashboard).filter((panel) => !panel.description)).toEqual([]);
  });

  test('renames only columns that its questions give', () => {
    for (const panel of dataPanels(dashboard).filter(({ type }) => type === 'table')) {
      const computed = panel.transformations!.flatMap(({ options }) => options.alias ?? []);
      const columns = panel
        .targets!.flatMap((target) => [...labelsOf(target), target.legend ?? target.metric])
        .concat(computed);
      const { renameByName, indexByName } = panel.transformations!.find(({ id }) => id === 'organize')!.options;
      expect({ panel: panel.title, columns }).toEqual({
        panel: panel.title,
        columns: expect.arrayContaining([...Object.keys(renameByName!), ...Object.keys(indexByName!)]),
      });
      const shown = Object.keys(indexByName!).map((name) => renameByName![name] ?? name);
      const styled = panel.fieldConfig.overrides.map(({ matcher }) => matcher.options);
      expect({ panel: panel.title, shown }).toEqual({ panel: panel.title, shown: expect.arrayContaining(styled) });
    }
  });

  test('links to dashboards and variables that exist, keeping time and data source', () => {
    const links = dataPanels(dashboard).flatMap(dataLinks);
    expect(links.length).toBeGreaterThan(10);
    for (const { url } of links) {
      const [, uid, search] = /^\/d\/([\w-]+)\?(.*)$/.exec(url)!;
      const variables = byUid.get(uid)!.templating.list.map((variable) => variable.name);
      const set = [...search.matchAll(/var-(\w+)=/g)].map(([, name]) => name);
      expect(variables).toEqual(expect.arrayContaining(set));
      expect(search).toContain('${__url_time_range}');
      expect(search).toContain('${datasource:queryparam}');
    }
  });

  test('links to the other dashboard, keeping time and variables', () => {
    const others = [...byUid.keys()].filter((uid) => uid !== dashboard.uid).map((uid) => `/d/${uid}`);
    expect(dashboard.links.map(({ url }) => url)).toEqual(others);
    expect(dashboard.links.every(({ keepTime, includeVars }) => keepTime && includeVars)).toBe(true);
  });
});

test('the pods with most traffic are those on a network of their own: others count that of their host', () => {
  const panels = byUid.get('heapscope-cluster')!.panels.filter(({ title }) => title.startsWith('Pods by network'));
  expect(panels.map(({ title, targets }) => [title, targets?.map(({ metric }) => metric)])).toEqual([
    ['Pods by network received', ['network/rx_rate']],
    ['Pods by network sent', ['network/tx_rate']],
  ]);
  for (const target of panels.flatMap(({ targets = [] }) => targets)) {
    expect(target).toMatchObject({ level: 'pod', limit: { count: 10, order: 'top' } });
    expect(target.filters).toContainEqual({ dimension: 'host_network', operator: '!=', values: ['true'] });
  }
});

const OF_HEAPSTER: Array<[uid: string, title: string, metrics: string[]]> = [
  [
    'heapscope-cluster',
    'Overall cluster CPU',
    ['cpu/usage_rate', 'cpu/limit', 'cpu/request', 'cpu/node_capacity', 'cpu/node_allocatable'],
  ],
  ['heapscope-cluster', 'CPU usage by node', ['cpu/usage_rate']],
  ['heapscope-cluster', 'CPU requests and limits by node', ['cpu/limit', 'cpu/request']],
  ['heapscope-cluster', 'CPU usage: $node', ['cpu/usage_rate', 'cpu/limit', 'cpu/request']],
  [
    'heapscope-cluster',
    'Overall cluster memory',
    [
      'memory/usage',
      'memory/working_set',
      'memory/limit',
      'memory/request',
      'memory/node_capacity',
      'memory/node_allocatable',
    ],
  ],
  ['heapscope-cluster', 'Memory usage by node', ['memory/usage']],
  ['heapscope-cluster', 'Memory working set by node', ['memory/working_set']],
  ['heapscope-cluster', 'Memory requests and limits by node', ['memory/limit', 'memory/request']],
  [
    'heapscope-cluster',
    'Memory usage: $node',
    ['memory/usage', 'memory/working_set', 'memory/limit', 'memory/request'],
  ],
  ['heapscope-cluster', 'Overall cluster network', ['network/tx_rate', 'network/rx_rate']],
  ['heapscope-cluster', 'Network by node', ['network/tx_rate', 'network/rx_rate']],
  ['heapscope-cluster', 'Network usage: $node', ['network/tx_rate', 'network/rx_rate']],
  ['heapscope-cluster', 'Overall cluster file systems', ['filesystem/usage', 'filesystem/limit']],
  ['heapscope-cluster', 'File system usage by node', ['filesystem/usage']],
  ['heapscope-cluster', 'File system usage: $node', ['filesystem/usage', 'filesystem/limit']],
  ['heapscope-pods', 'CPU by container: $namespace / $pod', ['cpu/usage_rate', 'cpu/limit', 'cpu/request']],
  [
    'heapscope-pods',
    'Memory by container: $namespace / $pod',
    ['memory/usage', 'memory/limit', 'memory/request', 'memory/working_set'],
  ],
  ['heapscope-pods', 'Network usage: $namespace / $pod', ['network/tx_rate', 'network/rx_rate']],
  ['heapscope-pods', 'File system usage: $namespace / $pod', ['filesystem/usage']],
  ['heapscope-pods', 'File system size: $namespace / $pod', ['filesystem/limit']],
];

test.each(OF_HEAPSTER)('%s shows what Heapster showed: %s', (uid, title, metrics) => {
  const panel = byUid.get(uid)!.panels.find((candidate) => candidate.title === title);
  expect(panel?.targets?.map((target) => target.metric)).toEqual(expect.arrayContaining(metrics));
});
