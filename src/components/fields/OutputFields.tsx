import React, { useId } from 'react';
import { InlineField, InlineFieldRow, RadioButtonGroup } from '@grafana/ui';
import type { HeapscopeQuery } from '../../query';
import { TextInput } from './TextInput';

type Output = Pick<HeapscopeQuery, 'format' | 'legend'>;

interface Props {
  value: Output;
  onChange: (value: Output) => void;
}

const FORMATS = [
  { value: 'timeseries' as const, label: 'Time series' },
  { value: 'table' as const, label: 'Table' },
];

/** How the answer looks: lines with their names, or rows. */
export function OutputFields({ value, onChange }: Props) {
  const id = useId();
  const format = value.format ?? 'timeseries';
  return (
    <InlineFieldRow>
      <InlineField
        label="Format"
        labelWidth={12}
        tooltip="A table has one row per series with one value for the whole range."
      >
        <RadioButtonGroup options={FORMATS} value={format} onChange={(next) => onChange({ ...value, format: next })} />
      </InlineField>
      {format === 'timeseries' && (
        <InlineField
          label="Legend"
          htmlFor={id}
          tooltip="Name of each series: {{namespace}}, {{pod}}, {{label:app}}, {{metric}} stand for its own."
        >
          <TextInput
            id={id}
            value={value.legend ?? ''}
            placeholder="{{namespace}}/{{pod}}"
            width={40}
            onChange={(legend) => onChange({ ...value, legend: legend || undefined })}
            testId="heapscope-legend"
          />
        </InlineField>
      )}
    </InlineFieldRow>
  );
}
