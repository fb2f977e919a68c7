import {
  createDataFrame,
  CustomVariableSupport,
  FieldType,
  getDefaultTimeRange,
  type DataQueryRequest,
  type DataQueryResponse,
} from '@grafana/data';
import { map, type Observable } from 'rxjs';
import { VariableQueryEditor } from './components/VariableQueryEditor';
import type { HeapscopeDataSource } from './datasource';
import type { HeapscopeQuery } from './query';
import type { HeapscopeSettings } from './settings';
import { getDefaultVariableQuery, type HeapscopeVariableQuery } from './variables';

/** Answers dashboard variables with what existed in the dashboard's time range. */
export class HeapscopeVariables extends CustomVariableSupport<
  HeapscopeDataSource,
  HeapscopeVariableQuery,
  HeapscopeQuery,
  HeapscopeSettings
> {
  readonly editor = VariableQueryEditor;
  private readonly datasource: HeapscopeDataSource;

  constructor(datasource: HeapscopeDataSource) {
    super();
    this.datasource = datasource;
  }

  getDefaultQuery(): Partial<HeapscopeVariableQuery> {
    return getDefaultVariableQuery();
  }

  query({ targets, range, scopedVars }: DataQueryRequest<HeapscopeVariableQuery>): Observable<DataQueryResponse> {
    return this.datasource.findNames(targets[0], range ?? getDefaultTimeRange(), { scopedVars }).pipe(
      map(({ names }) => ({
        data: [createDataFrame({ fields: [{ name: 'text', type: FieldType.string, values: names }] })],
      }))
    );
  }
}
