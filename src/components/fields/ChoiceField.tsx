import React, { useId } from 'react';
import { InlineField, type ComboboxOption } from '@grafana/ui';
import { Picker } from './Picker';

interface Props {
  label: string;
  tooltip?: string;
  labelWidth?: number;
  value: string | undefined;
  options: ComboboxOption[];
  onChange: (value: string | undefined) => void;
  /** What no choice means; with it the choice can be taken back. */
  empty?: string;
  width?: number;
  /** Shown below the field, so that a failure is never mistaken for an empty list. */
  error?: string;
  testId: string;
}

/** One value of a list with its label; others, such as dashboard variables, may be typed. */
export function ChoiceField({ label, tooltip, labelWidth, error, ...picker }: Props) {
  const id = useId();
  return (
    <InlineField
      label={label}
      tooltip={tooltip}
      labelWidth={labelWidth}
      htmlFor={id}
      invalid={Boolean(error)}
      error={error}
    >
      <Picker id={id} {...picker} />
    </InlineField>
  );
}
