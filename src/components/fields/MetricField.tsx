import React from 'react';
import { getValueFormat, formattedValueToString } from '@grafana/data';
import type { MetricInfo } from '../../../backend/contract/grafana';
import type { Catalogue } from '../useCatalogue';
import { ChoiceField } from './ChoiceField';
import { variableOptions } from './options';

interface Props {
  level: string;
  value: string;
  catalogue: Catalogue;
  variables: string[];
  onChange: (metric: string) => void;
}

/** The metrics the level has, each with what it means. */
export function MetricField({ level, value, catalogue, variables, onChange }: Props) {
  const ofLevel = catalogue.metrics.filter(
    (metric) => level.startsWith('$') || metric.levels.some((each) => each === level)
  );
  const chosen = catalogue.metrics.find((metric) => metric.name === value);
  const options = ofLevel.map((metric) => ({
    value: metric.name,
    label: metric.switchOn ? `${metric.name} (off)` : metric.name,
    description: describe(metric),
  }));
  const missing = chosen && !ofLevel.includes(chosen) ? `There is no ${value} at level ${level}.` : undefined;
  return (
    <ChoiceField
      label="Metric"
      tooltip={chosen ? describe(chosen) : 'What to show. Type to search.'}
      value={value}
      options={[...options, ...variableOptions(variables)]}
      onChange={(metric) => metric && onChange(metric)}
      width={44}
      error={catalogue.error ?? missing}
      testId="heapscope-metric"
    />
  );
}

function describe(metric: MetricInfo): string {
  const sample = formattedValueToString(getValueFormat(metric.unit)(1)).replace(/^[\d.\s]+/, '');
  return [
    metric.switchOn && `Switched off. ${metric.switchOn}`,
    metric.description,
    sample && `Unit: ${sample}.`,
    metric.kind === 'cumulative' && 'A counter.',
  ]
    .filter(Boolean)
    .join(' ');
}
