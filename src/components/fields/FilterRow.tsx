import React, { useId } from 'react';
import type { TimeRange } from '@grafana/data';
import { IconButton, Stack } from '@grafana/ui';
import type { HeapscopeDataSource } from '../../datasource';
import { isSelector, type SavedFilter, type SavedNameFilter } from '../../filters';
import type { HeapscopeVariableQuery } from '../../variables';
import { NamesField } from './NamesField';
import { dimensionOptions, OPERATORS, variableOptions } from './options';
import { Picker } from './Picker';
import { TextInput } from './TextInput';

interface Props {
  /** Counted from 1, to tell the rows apart by name. */
  position: number;
  filter: SavedFilter;
  /** The other conditions, which narrow the names to choose from. */
  others: SavedFilter[];
  level: HeapscopeVariableQuery['level'];
  dimensions: string[];
  datasource: HeapscopeDataSource;
  range: TimeRange;
  onChange: (filter: SavedFilter) => void;
  onRemove: () => void;
}

/** One condition: a dimension with its names, or a label selector. */
export function FilterRow(props: Props) {
  const { position, filter, onChange, onRemove } = props;
  return (
    <Stack direction="row" gap={0.5} alignItems="flex-start" wrap="wrap">
      {isSelector(filter) ? (
        <TextInput
          prefix="labels"
          label={`Label selector ${position}`}
          value={filter.labelSelector}
          placeholder="app in (web, api), tier != cache"
          width={60}
          onChange={(labelSelector) => onChange({ labelSelector })}
          testId={`heapscope-filter-${position}-selector`}
        />
      ) : (
        <NameCondition {...props} filter={filter} />
      )}
      <IconButton
        name="times"
        size="lg"
        style={{ marginTop: 6 }}
        tooltip={`Remove filter ${position}`}
        onClick={onRemove}
      />
    </Stack>
  );
}

function NameCondition({
  position,
  filter,
  others,
  level,
  dimensions,
  datasource,
  range,
  onChange,
}: Props & { filter: SavedNameFilter }) {
  const id = useId();
  const several = filter.operator === 'in' || filter.operator === 'notin';
  return (
    <>
      <span id={`${id}-dimension`} hidden>{`Filter ${position} dimension`}</span>
      <Picker
        labelledBy={`${id}-dimension`}
        testId={`heapscope-filter-${position}-dimension`}
        width={24}
        options={[...dimensionOptions(dimensions), ...variableOptions(datasource.variableNames())]}
        value={filter.dimension}
        placeholder="namespace, pod, label:app"
        onChange={(dimension) =>
          onChange({ ...filter, dimension: dimension as SavedNameFilter['dimension'], values: [] })
        }
      />
      <span id={`${id}-operator`} hidden>{`Filter ${position} operator`}</span>
      <Picker
        labelledBy={`${id}-operator`}
        testId={`heapscope-filter-${position}-operator`}
        width={12}
        custom={false}
        options={OPERATORS}
        value={filter.operator}
        onChange={(operator) => onChange(changeOperator(filter, operator as SavedNameFilter['operator']))}
      />
      <NamesField
        label={`Filter ${position} value`}
        testId={`heapscope-filter-${position}-value`}
        datasource={datasource}
        range={range}
        query={{ refId: 'names', dimension: filter.dimension, level, filters: others }}
        values={filter.values}
        multiple={several}
        onChange={(values) => onChange({ ...filter, values })}
      />
    </>
  );
}

/** Lists keep their names; a single value keeps the first. */
function changeOperator(filter: SavedNameFilter, operator: SavedNameFilter['operator']): SavedNameFilter {
  const list = operator === 'in' || operator === 'notin';
  return { ...filter, operator, values: list ? filter.values : filter.values.slice(0, 1) };
}
