import React from 'react';
import type { TimeRange } from '@grafana/data';
import { Box, Button, InlineLabel, Stack } from '@grafana/ui';
import type { HeapscopeDataSource } from '../../datasource';
import { isCompleteFilter, type SavedFilter, type SavedNameFilter } from '../../filters';
import type { HeapscopeVariableQuery } from '../../variables';
import { FilterRow } from './FilterRow';

interface Props {
  filters: SavedFilter[];
  level: HeapscopeVariableQuery['level'];
  dimensions: string[];
  /** Whether the objects carry labels; undefined where that is not known. */
  labels?: boolean;
  datasource: HeapscopeDataSource;
  range: TimeRange;
  onChange: (filters: SavedFilter[]) => void;
}

/** The conditions, all of which must hold. */
export function FiltersField({ filters, level, dimensions, labels = true, datasource, range, onChange }: Props) {
  const replace = (index: number, ...next: SavedFilter[]) =>
    onChange([...filters.slice(0, index), ...next, ...filters.slice(index + 1)]);
  return (
    <Box display="flex" alignItems="flex-start" marginBottom={0.5}>
      <InlineLabel
        width={12}
        tooltip="Conditions on names and labels; all must hold. Variables such as $namespace may stand anywhere."
      >
        Where
      </InlineLabel>
      <Stack direction="column" gap={0.5}>
        {filters.map((filter, index) => (
          <FilterRow
            key={index}
            position={index + 1}
            filter={filter}
            others={filters.filter((other, at) => at !== index && isCompleteFilter(other))}
            level={level}
            dimensions={dimensions}
            datasource={datasource}
            range={range}
            onChange={(next) => replace(index, next)}
            onRemove={() => replace(index)}
          />
        ))}
        <Stack direction="row" gap={0.5}>
          <Button
            variant="secondary"
            icon="plus"
            disabled={!labels && dimensions.length === 0}
            data-testid="heapscope-add-filter"
            onClick={() => onChange([...filters, newFilter(dimensions)])}
          >
            Name
          </Button>
          <Button
            variant="secondary"
            icon="plus"
            disabled={!labels}
            data-testid="heapscope-add-selector"
            onClick={() => onChange([...filters, { labelSelector: '' }])}
          >
            Label selector
          </Button>
        </Stack>
      </Stack>
    </Box>
  );
}

/** Most filters are by namespace, where the objects have one. */
function newFilter(dimensions: string[]): SavedFilter {
  const [first = 'namespace'] = dimensions;
  const dimension = dimensions.includes('namespace') ? 'namespace' : (first as SavedNameFilter['dimension']);
  return { dimension, operator: '=', values: [] };
}
