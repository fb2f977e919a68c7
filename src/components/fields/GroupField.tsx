import React, { useId } from 'react';
import { InlineField, InlineFieldRow, MultiCombobox } from '@grafana/ui';
import type { Dimension } from '../../../backend/contract/grafana';
import type { HeapscopeQuery } from '../../query';
import { ChoiceField } from './ChoiceField';
import { AGGREGATIONS, dimensionOptions, variableOptions } from './options';
import { useReport } from './useReport';

type Grouping = Pick<HeapscopeQuery, 'aggregation' | 'groupBy'>;

interface Props {
  value: Grouping;
  dimensions: string[];
  variables: string[];
  onChange: (value: Grouping) => void;
}

/** Whether objects stay series of their own or are put together, and by what. */
export function GroupField({ value, dimensions, variables, onChange }: Props) {
  const id = useId();
  const report = useReport<string[] | undefined>(value.groupBy, (groupBy) =>
    onChange({ ...value, groupBy: groupBy as Dimension[] })
  );
  return (
    <InlineFieldRow>
      <ChoiceField
        label="Combine"
        labelWidth={12}
        tooltip="Without it each object is a series of its own."
        value={value.aggregation}
        empty={value.groupBy?.length ? 'Sum' : 'Nothing'}
        options={[...AGGREGATIONS, ...variableOptions(variables)]}
        width={18}
        onChange={(aggregation) => onChange({ ...value, aggregation: aggregation as Grouping['aggregation'] })}
        testId="heapscope-aggregation"
      />
      <InlineField
        label="by"
        htmlFor={id}
        tooltip="One series for each combination of these; none gives one series in all."
      >
        <MultiCombobox
          id={id}
          width="auto"
          minWidth={28}
          maxWidth={60}
          createCustomValue
          isClearable
          placeholder="node, label:app …"
          options={[...dimensionOptions(dimensions), ...variableOptions(variables)]}
          value={value.groupBy}
          onChange={(options) => report(options.map((option) => option.value))}
          data-testid="heapscope-group-by"
        />
      </InlineField>
    </InlineFieldRow>
  );
}
