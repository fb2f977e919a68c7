import React, { useId, useState } from 'react';
import { lastValueFrom } from 'rxjs';
import type { TimeRange } from '@grafana/data';
import { Combobox, FieldValidationMessage, MultiCombobox, type ComboboxOption } from '@grafana/ui';
import type { HeapscopeDataSource } from '../../datasource';
import { escapePattern } from '../../interpolation';
import type { HeapscopeVariableQuery } from '../../variables';
import { variableOptions } from './options';
import { useReport } from './useReport';

/** Names a picker shows at once; typing narrows them in the backend. */
const SHOWN_NAMES = 500;

interface Props {
  label: string;
  datasource: HeapscopeDataSource;
  range: TimeRange;
  /** Which names there are to choose from. */
  query: HeapscopeVariableQuery;
  values: string[];
  multiple: boolean;
  onChange: (values: string[]) => void;
  testId: string;
}

/** Names that existed in the time range; others, and variables, can be typed. */
export function NamesField({ label, datasource, range, query, values, multiple, onChange, testId }: Props) {
  const id = useId();
  const report = useReport(values, onChange);
  const [error, setError] = useState<string>();
  const loadOptions = async (search: string): Promise<ComboboxOption[]> => {
    const variables = variableOptions(datasource.variableNames().filter((name) => name.includes(search)));
    try {
      const asked = { ...query, match: search ? `(?i)${escapePattern(search)}` : undefined };
      const { names } = await lastValueFrom(datasource.findNames(asked, range, { limit: SHOWN_NAMES }));
      setError(undefined);
      return [...variables, ...names.map((name) => ({ value: name, label: name }))];
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      return variables;
    }
  };
  const common = {
    options: loadOptions,
    createCustomValue: true,
    placeholder: multiple ? 'Choose or type names' : 'Choose or type a name',
    invalid: error !== undefined,
    'aria-labelledby': id,
    'data-testid': testId,
  };
  return (
    <div>
      <span id={id} hidden>
        {label}
      </span>
      {multiple ? (
        <MultiCombobox
          {...common}
          width="auto"
          minWidth={32}
          maxWidth={80}
          value={values}
          onChange={(options) => report(options.map((option) => option.value))}
        />
      ) : (
        <Combobox {...common} width={32} value={values[0] || null} onChange={(option) => report([option.value])} />
      )}
      {error && <FieldValidationMessage>{error}</FieldValidationMessage>}
    </div>
  );
}
