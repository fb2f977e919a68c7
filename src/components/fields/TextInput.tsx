import React, { useState } from 'react';
import { Input } from '@grafana/ui';

interface Props {
  id?: string;
  /** Name for assistive technology where no visible label stands before it. */
  label?: string;
  prefix?: string;
  value: string;
  placeholder?: string;
  width?: number;
  onChange: (value: string) => void;
  testId: string;
}

/** Text that takes effect when it is left or Enter is pressed, not at every key. */
export function TextInput({ id, label, prefix, value, placeholder, width, onChange, testId }: Props) {
  const [draft, setDraft] = useState<string>();
  const commit = () => {
    if (draft !== undefined && draft !== value) {
      onChange(draft);
    }
    setDraft(undefined);
  };
  return (
    <Input
      id={id}
      aria-label={label}
      prefix={prefix}
      value={draft ?? value}
      placeholder={placeholder}
      width={width}
      data-testid={testId}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
