import React, { useId } from 'react';
import { InlineField } from '@grafana/ui';
import type { HeapscopeQuery } from '../../query';
import { ChoiceField } from './ChoiceField';
import { TextInput } from './TextInput';

type Limit = NonNullable<HeapscopeQuery['limit']>;

interface Props {
  value: Limit | undefined;
  onChange: (limit: Limit | undefined) => void;
}

const ORDERS = [
  { value: 'top', label: 'Top' },
  { value: 'bottom', label: 'Bottom' },
];

const BY = [
  { value: 'avg', label: 'Average' },
  { value: 'max', label: 'Maximum' },
  { value: 'last', label: 'Last' },
];

/** Keeps the highest or lowest series over the whole range. */
export function LimitField({ value, onChange }: Props) {
  const id = useId();
  return (
    <>
      <ChoiceField
        label="Keep"
        labelWidth={12}
        tooltip="Only the series that are highest or lowest over the whole time range."
        value={value?.order}
        empty="All"
        options={ORDERS}
        width={14}
        onChange={(order) => onChange(order ? { count: 10, ...value, order: order as Limit['order'] } : undefined)}
        testId="heapscope-limit-order"
      />
      {value && (
        <>
          <InlineField label="Count" htmlFor={id}>
            <TextInput
              id={id}
              value={String(value.count)}
              width={10}
              onChange={(text) => onChange({ ...value, count: /^\d+$/.test(text) ? Number(text) : text })}
              testId="heapscope-limit-count"
            />
          </InlineField>
          <ChoiceField
            label="by"
            value={value.by}
            empty="Average"
            options={BY}
            width={16}
            onChange={(by) => onChange({ ...value, by: by as Limit['by'] })}
            testId="heapscope-limit-by"
          />
        </>
      )}
    </>
  );
}
