import React from 'react';
import { getDefaultTimeRange, type QueryEditorProps } from '@grafana/data';
import { InlineFieldRow, Stack } from '@grafana/ui';
import type { HeapscopeDataSource } from '../datasource';
import { isField, isFitting } from '../filters';
import { upgradeQuery, type HeapscopeQuery } from '../query';
import type { HeapscopeSettings } from '../settings';
import { ChoiceField } from './fields/ChoiceField';
import { FiltersField } from './fields/FiltersField';
import { GroupField } from './fields/GroupField';
import { LimitField } from './fields/LimitField';
import { MetricField } from './fields/MetricField';
import { DENOMINATORS, LEVELS, OVER_TIME, variableOptions } from './fields/options';
import { OutputFields } from './fields/OutputFields';
import { useCatalogue } from './useCatalogue';

type Props = QueryEditorProps<HeapscopeDataSource, HeapscopeQuery, HeapscopeSettings>;

/** The query of a panel or of Explore, top to bottom: what, of which objects, put together how, shown how. */
export function QueryEditor({ datasource, query: saved, range = getDefaultTimeRange(), onChange, onRunQuery }: Props) {
  const catalogue = useCatalogue(datasource);
  const query = upgradeQuery(saved);
  const fields = catalogue.fieldsOf(query.level, query.metric);
  const dimensions = fields?.names ?? catalogue.dimensionsOf(query.level);
  const names = datasource.variableNames();
  const variables = variableOptions(names);
  const possible = catalogue.metrics.find((metric) => metric.name === query.metric)?.denominators;
  const change = (part: Partial<HeapscopeQuery>) => {
    onChange({ ...query, ...part });
    onRunQuery();
  };
  /** Filters and groupings by names that the objects do not have would be refused. */
  const changeObjects = (part: Pick<HeapscopeQuery, 'level'> | Pick<HeapscopeQuery, 'metric'>) => {
    const next: HeapscopeQuery = { ...query, ...part };
    const left = catalogue.fieldsOf(next.level, next.metric);
    change({
      ...part,
      ...(left && query.filters && { filters: query.filters.filter((filter) => isFitting(filter, left)) }),
      ...(left && query.groupBy && { groupBy: query.groupBy.filter((dimension) => isField(dimension, left)) }),
    });
  };
  return (
    <Stack direction="column" gap={0}>
      <InlineFieldRow>
        <ChoiceField
          label="Level"
          labelWidth={12}
          tooltip="Which objects of the cluster to look at."
          value={query.level}
          options={[...LEVELS, ...variables]}
          width={22}
          onChange={(level) => changeObjects({ level: level as HeapscopeQuery['level'] })}
          testId="heapscope-level"
        />
        <MetricField
          level={query.level}
          value={query.metric}
          catalogue={catalogue}
          variables={names}
          onChange={(metric) => changeObjects({ metric })}
        />
      </InlineFieldRow>
      <InlineFieldRow>
        <ChoiceField
          label="As"
          labelWidth={12}
          tooltip="A share of what the same objects request or may use; 1 is all of it."
          value={query.denominator}
          empty="Measured value"
          options={[...DENOMINATORS.filter(({ value }) => possible?.includes(value) ?? true), ...variables]}
          width={26}
          onChange={(denominator) => change({ denominator: denominator as HeapscopeQuery['denominator'] })}
          testId="heapscope-denominator"
        />
        <ChoiceField
          label="Over time"
          tooltip="How the samples between two points become one. Gauges are averaged unless this says otherwise; counters keep the last."
          value={query.overTime}
          empty="Automatic"
          options={[...OVER_TIME, ...variables]}
          width={22}
          onChange={(overTime) => change({ overTime: overTime as HeapscopeQuery['overTime'] })}
          testId="heapscope-over-time"
        />
      </InlineFieldRow>
      <FiltersField
        filters={query.filters ?? []}
        level={query.level}
        dimensions={dimensions}
        labels={fields?.labels}
        datasource={datasource}
        range={range}
        onChange={(filters) => change({ filters })}
      />
      <GroupField
        value={query}
        dimensions={dimensions}
        variables={names}
        onChange={({ aggregation, groupBy }) => change({ aggregation, groupBy })}
      />
      <InlineFieldRow>
        <LimitField value={query.limit} onChange={(limit) => change({ limit })} />
      </InlineFieldRow>
      <OutputFields value={query} onChange={({ format, legend, live }) => change({ format, legend, live })} />
    </Stack>
  );
}
