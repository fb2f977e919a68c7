import { useEffect, useRef } from 'react';

/**
 * Reports a choice once. The Combobox of Grafana 12 reports from within an effect that runs again, with the same choice,
 * whenever Explore redraws the editor; reporting that as a change would redraw it once more, without end.
 */
export function useReport<T extends string | string[] | undefined>(
  value: T,
  onChange: (value: T) => void
): (value: T) => void {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return (choice) =>
    queueMicrotask(() => {
      if (String(choice ?? '') !== String(latest.current ?? '')) {
        onChange(choice);
      }
    });
}
