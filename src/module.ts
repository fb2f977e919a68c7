import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { HeapscopeDataSource } from './datasource';
import type { HeapscopeQuery } from './query';
import type { HeapscopeSecrets, HeapscopeSettings } from './settings';

export const plugin = new DataSourcePlugin<HeapscopeDataSource, HeapscopeQuery, HeapscopeSettings, HeapscopeSecrets>(
  HeapscopeDataSource
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
