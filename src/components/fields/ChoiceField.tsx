import React, { useId } from 'react';
import { Combobox, InlineField, type ComboboxOption } from '@grafana/ui';

/** One value of a list, which may also be typed, such as a dashboard variable. */
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

export function ChoiceField(props: Props) {
  const { label, tooltip, labelWidth, value, options, onChange, empty, width, error, testId } = props;
  const id = useId();
  const common = {
    id,
    options,
    value: value || null,
    width,
    createCustomValue: true,
    placeholder: empty,
    'data-testid': testId,
  };
  return (
    <InlineField
      label={label}
      tooltip={tooltip}
      labelWidth={labelWidth}
      htmlFor={id}
      invalid={Boolean(error)}
      error={error}
    >
      {empty === undefined ? (
        <Combobox {...common} onChange={(option) => onChange(option.value)} />
      ) : (
        <Combobox {...common} isClearable onChange={(option) => onChange(option?.value)} />
      )}
    </InlineField>
  );
}
