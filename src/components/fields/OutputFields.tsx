import React, { useId } from 'react';
import { InlineField, InlineFieldRow, InlineSwitch, RadioButtonGroup } from '@grafana/ui';
import type { HeapscopeQuery } from '../../query';
import { TextInput } from './TextInput';

type Output = Pick<HeapscopeQuery, 'format' | 'legend' | 'live'>;

interface Props {
  value: Output;
  onChange: (value: Output) => void;
}

const FORMATS = [
  { value: 'timeseries' as const, label: 'Time series' },
  { value: 'table' as const, label: 'Table' },
];

const NAMES = {
  timeseries: {
    label: 'Legend',
    placeholder: '{{namespace}}/{{pod}}',
    tooltip: 'Name of each series: {{namespace}}, {{pod}}, {{label:app}}, {{metric}} stand for its own.',
  },
  table: {
    label: 'Column',
    placeholder: '{{metric}}',
    tooltip:
      'Name of the column of values; {{metric}} stands for the metric, which it is named by unless this is given.',
  },
};

/** How the answer looks: lines with their names, or rows; and whether it moves. */
export function OutputFields({ value, onChange }: Props) {
  const id = useId();
  const liveId = useId();
  const format = value.format ?? 'timeseries';
  const name = NAMES[format];
  return (
    <InlineFieldRow>
      <InlineField
        label="Format"
        labelWidth={12}
        tooltip="A table has one row per series with one value for the whole range."
      >
        <RadioButtonGroup options={FORMATS} value={format} onChange={(next) => onChange({ ...value, format: next })} />
      </InlineField>
      <InlineField label={name.label} htmlFor={id} tooltip={name.tooltip}>
        <TextInput
          id={id}
          value={value.legend ?? ''}
          placeholder={name.placeholder}
          width={40}
          onChange={(legend) => onChange({ ...value, legend: legend || undefined })}
          testId="heapscope-legend"
        />
      </InlineField>
      <InlineField
        label="Live"
        htmlFor={liveId}
        tooltip="New values appear as soon as they are collected, without a refresh, while the time range ends now. One live query makes its whole panel live."
      >
        <InlineSwitch
          id={liveId}
          value={value.live ?? false}
          onChange={(event) => onChange({ ...value, live: event.currentTarget.checked || undefined })}
          data-testid="heapscope-live"
        />
      </InlineField>
    </InlineFieldRow>
  );
}
