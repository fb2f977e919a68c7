import * as React from 'react';
import * as jsxRuntime from 'react/jsx-runtime';
import { createRoot } from 'react-dom/client';
import * as rxjs from 'rxjs';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import type { HeapscopeDataSource } from '../../../src/datasource';
import type { HeapscopeQuery } from '../../../src/query';
import type { HeapscopeSecrets, HeapscopeSettings } from '../../../src/settings';
import { templatesOf, type TestVariable } from '../../../src/testing/templates';
import type { HeapscopeVariableQuery } from '../../../src/variables';
import { createBackendSrv } from './backendSrv';

type Plugin = grafanaData.DataSourcePlugin<HeapscopeDataSource, HeapscopeQuery, HeapscopeSettings, HeapscopeSecrets>;

/** What the page offers to a test, on `window.stage`. */
export interface Stage {
  /** Loads the plugin and shows its three editors. */
  open(backendUrl: string): Promise<void>;
  queries: { panel: HeapscopeQuery; variable: HeapscopeVariableQuery };
  variables: Record<string, TestVariable>;
  runPanel(): Promise<grafanaData.DataQueryResponse>;
  /** What a live panel shows one after the other, until it has shown this many answers and is left. */
  watchPanel(answers: number): Promise<grafanaData.DataQueryResponse[]>;
  runVariable(): Promise<string[]>;
  test(): Promise<grafanaData.TestDataSourceResponse>;
}

/** What Grafana hands a plugin that asks for it by name. */
const MODULES: Record<string, unknown> = {
  module: { uri: '/public/plugins/heapscope-kubernetes-datasource/module.js' },
  react: React,
  'react/jsx-runtime': jsxRuntime,
  rxjs,
  '@grafana/data': grafanaData,
  '@grafana/runtime': grafanaRuntime,
  '@grafana/ui': grafanaUi,
};

const variables: Stage['variables'] = {};
grafanaRuntime.setBackendSrv(createBackendSrv());
grafanaRuntime.setTemplateSrv(templatesOf(variables) as grafanaRuntime.TemplateSrv);

function loadPlugin(): Promise<Plugin> {
  return new Promise((resolve, reject) => {
    const define = (names: string[], factory: (...modules: unknown[]) => { plugin: Plugin }) => {
      const missing = names.find((name) => !(name in MODULES));
      return missing
        ? reject(new Error(`The plugin asks for ${missing}.`))
        : resolve(factory(...names.map((name) => MODULES[name])).plugin);
    };
    Object.assign(window, { define });
    const script = document.createElement('script');
    script.src = '/module.js';
    script.onerror = () => reject(new Error('The plugin cannot be loaded.'));
    document.head.append(script);
  });
}

function range(): grafanaData.TimeRange {
  const to = grafanaData.dateTime();
  return { from: grafanaData.dateTime(to).subtract(15, 'minutes'), to, raw: { from: 'now-15m', to: 'now' } };
}

async function open(backendUrl: string): Promise<void> {
  const plugin = await loadPlugin();
  const settings = {
    uid: 'heapscope',
    type: 'heapscope-kubernetes-datasource',
    url: '/api/datasources/proxy/uid/heapscope',
    jsonData: { backendUrl },
  } as grafanaData.DataSourceInstanceSettings<HeapscopeSettings>;
  const datasource = new plugin.DataSourceClass(settings);
  const request = <T extends grafanaData.DataQuery>(query: T) =>
    ({
      targets: [query],
      range: range(),
      requestId: 'page',
      maxDataPoints: 500,
      intervalMs: 5000,
      scopedVars: {},
    }) as unknown as grafanaData.DataQueryRequest<T>;

  Object.assign(stage, {
    runPanel: () => rxjs.firstValueFrom(datasource.query(request(stage.queries.panel))),
    watchPanel: (answers: number) =>
      rxjs.firstValueFrom(
        datasource.query(request({ ...stage.queries.panel, live: true })).pipe(rxjs.take(answers), rxjs.toArray())
      ),
    runVariable: async () => {
      const { data } = await rxjs.firstValueFrom(variableSupport(datasource).query(request(stage.queries.variable)));
      return data[0].fields[0].values;
    },
    test: () => datasource.testDatasource(),
  });
  draw(plugin, datasource);
}

type VariableSupport = grafanaData.CustomVariableSupport<
  HeapscopeDataSource,
  HeapscopeVariableQuery,
  HeapscopeQuery,
  HeapscopeSettings
>;

const variableSupport = (datasource: HeapscopeDataSource) => datasource.variables as VariableSupport;

function draw(plugin: Plugin, datasource: HeapscopeDataSource): void {
  const root = createRoot(document.body.appendChild(document.createElement('main')));
  const theme = grafanaData.createTheme({ colors: { mode: 'light' } });
  const { ConfigEditor, QueryEditor } = plugin.components;
  const VariableEditor = variableSupport(datasource).editor;

  function Editors() {
    const [options, setOptions] = React.useState({
      jsonData: {},
      secureJsonFields: {},
      secureJsonData: {},
    } as grafanaData.DataSourceSettings<HeapscopeSettings, HeapscopeSecrets>);
    const [queries, setQueries] = React.useState(stage.queries);
    const change = (part: Partial<Stage['queries']>) => setQueries((stage.queries = { ...stage.queries, ...part }));
    const common = { datasource, range: range(), onRunQuery: () => undefined };
    return (
      <grafanaData.ThemeContext.Provider value={theme}>
        <section id="config">{ConfigEditor && <ConfigEditor options={options} onOptionsChange={setOptions} />}</section>
        <section id="query">
          {QueryEditor && <QueryEditor {...common} query={queries.panel} onChange={(panel) => change({ panel })} />}
        </section>
        <section id="variable">
          <VariableEditor {...common} query={queries.variable} onChange={(variable) => change({ variable })} />
        </section>
        <grafanaUi.PortalContainer />
      </grafanaData.ThemeContext.Provider>
    );
  }
  root.render(<Editors />);
}

const notOpen = () => Promise.reject(new Error('Open the stage first.'));
const stage: Stage = {
  open,
  variables,
  queries: {
    panel: { refId: 'A', level: 'cluster', metric: 'cpu/usage_rate' },
    variable: { refId: 'variable', dimension: 'node' },
  },
  runPanel: notOpen,
  watchPanel: notOpen,
  runVariable: notOpen,
  test: notOpen,
};
Object.assign(window, { stage });
