import React, { useMemo } from 'react';
import { Combobox, type ComboboxOption } from '@grafana/ui';
import { useReport } from './useReport';

interface Props {
  id?: string;
  /** Id of the element that names it, where no visible label does. */
  labelledBy?: string;
  value: string | undefined;
  options: ComboboxOption[];
  onChange: (value: string | undefined) => void;
  /** What no choice means; with it the choice can be taken back. */
  empty?: string;
  placeholder?: string;
  /** Whether anything else can be typed. */
  custom?: boolean;
  invalid?: boolean;
  width?: number;
  testId: string;
}

/**
 * One value of a list, found by its name or its description. The list is given as a function: with a plain list
 * Grafana's Combobox keeps the position of the old choice in the list that typing has made shorter.
 */
export function Picker({
  id,
  labelledBy,
  value,
  options,
  onChange,
  empty,
  placeholder,
  custom,
  invalid,
  width,
  testId,
}: Props) {
  const report = useReport(value, onChange);
  const label = options.find((option) => option.value === value)?.label ?? value;
  // The same object as long as it means the same, since Combobox takes another one for a choice the user has made.
  const chosen = useMemo(() => (value ? { value, label } : null), [value, label]);
  const common = {
    id,
    options: (search: string) => Promise.resolve(findOptions(options, search)),
    value: chosen,
    createCustomValue: custom ?? true,
    placeholder: empty ?? placeholder,
    invalid,
    width,
    'aria-labelledby': labelledBy,
    'data-testid': testId,
  };
  return empty === undefined ? (
    <Combobox {...common} onChange={(option) => report(option.value)} />
  ) : (
    <Combobox {...common} isClearable onChange={(option) => report(option?.value)} />
  );
}

/** Options with every word of the search in them; those whose names have it come first. */
function findOptions(options: ComboboxOption[], search: string): ComboboxOption[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const named = options.filter(({ value, label }) => has(`${value} ${label}`));
  const described = options.filter(
    (option) => !named.includes(option) && has(`${option.value} ${option.label} ${option.description}`)
  );
  return [...named, ...described];
}
