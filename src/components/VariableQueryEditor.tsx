import React, { useId } from 'react';
import { getDefaultTimeRange, type QueryEditorProps } from '@grafana/data';
import { Box, InlineField, InlineFieldRow } from '@grafana/ui';
import type { HeapscopeDataSource } from '../datasource';
import { isFitting } from '../filters';
import type { HeapscopeQuery } from '../query';
import type { HeapscopeSettings } from '../settings';
import { describeVariableQuery, getDefaultVariableQuery, type HeapscopeVariableQuery } from '../variables';
import { ChoiceField } from './fields/ChoiceField';
import { FiltersField } from './fields/FiltersField';
import { dimensionOptions, LEVELS, variableOptions } from './fields/options';
import { TextInput } from './fields/TextInput';
import { useCatalogue } from './useCatalogue';

type Props = QueryEditorProps<HeapscopeDataSource, HeapscopeQuery, HeapscopeSettings, HeapscopeVariableQuery>;

/** The query of a dashboard variable: the names of what, of which objects, and under which conditions. */
export function VariableQueryEditor({ datasource, query: saved, range = getDefaultTimeRange(), onChange }: Props) {
  const matchId = useId();
  const catalogue = useCatalogue(datasource);
  const query = { ...getDefaultVariableQuery(), ...saved };
  const fields = catalogue.fieldsOf(query.level);
  const dimensions = catalogue.dimensionsOf(query.level);
  const variables = variableOptions(datasource.variableNames());
  const change = (part: Partial<HeapscopeVariableQuery>) => {
    const next = { ...query, ...part };
    onChange({ ...next, query: describeVariableQuery(next) });
  };
  const changeLevel = (level: HeapscopeVariableQuery['level']) => {
    const left = catalogue.fieldsOf(level);
    change({ level, ...(left && { filters: query.filters?.filter((filter) => isFitting(filter, left)) }) });
  };
  return (
    <Box display="flex" direction="column" marginTop={1}>
      <InlineFieldRow>
        <ChoiceField
          label="List"
          labelWidth={12}
          tooltip="What the variable lists: everything of its kind that existed in the time range of the dashboard."
          value={query.dimension}
          options={[...dimensionOptions([...dimensions, 'label_keys']), ...variables]}
          width={30}
          error={catalogue.error}
          onChange={(dimension) => dimension && change({ dimension: dimension as HeapscopeVariableQuery['dimension'] })}
          testId="heapscope-dimension"
        />
        <ChoiceField
          label="Level"
          tooltip="Whose names or labels; needed for labels, since nodes, namespaces and pods have their own."
          value={query.level}
          empty="Any"
          options={[...LEVELS, ...variables]}
          width={22}
          onChange={(level) => changeLevel(level as HeapscopeVariableQuery['level'])}
          testId="heapscope-variable-level"
        />
        <InlineField label="Matching" htmlFor={matchId} tooltip="Regular expression that must be found in the name.">
          <TextInput
            id={matchId}
            value={query.match ?? ''}
            placeholder="^prod-"
            width={24}
            onChange={(match) => change({ match: match || undefined })}
            testId="heapscope-match"
          />
        </InlineField>
      </InlineFieldRow>
      <FiltersField
        filters={query.filters ?? []}
        level={query.level}
        dimensions={fields?.names ?? dimensions}
        labels={fields?.labels}
        datasource={datasource}
        range={range}
        onChange={(filters) => change({ filters })}
      />
    </Box>
  );
}
