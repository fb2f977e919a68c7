import { HeapscopeError } from '../errors.ts';
import type { MetricDefinition, MetricLevel } from '../model/catalogue.ts';
import { DIMENSIONS, extraDimensions, LABELLED, TRAITS } from './dimensions.ts';
import type { Dimension, Filter } from './types.ts';

/** Refuses to group by names that the objects of a level do not have. */
export function refuseForeignGroups(groupBy: readonly Dimension[], level: MetricLevel, metric: MetricDefinition): void {
  const possible = namesOf(level, metric);
  const foreign = groupBy.find((dimension) => !dimension.startsWith('label:') && !possible.includes(dimension));
  if (foreign !== undefined) {
    throw new HeapscopeError(
      'bad_request',
      `${metric.name} of ${level} cannot be grouped by ${JSON.stringify(foreign)}; it can by ${[...possible, 'label:KEY'].join(', ')}.`
    );
  }
}

/** Refuses filters on names or labels that the objects of a level do not have: no data would look like an answer. */
export function refuseForeignFilters(filters: readonly Filter[], level: MetricLevel, metric: MetricDefinition): void {
  const possible = namesOf(level, metric);
  // What a node has several of does not repeat its labels.
  const labelled = LABELLED.includes(level) && !(level === 'node' && extraDimensions(metric).length > 0);
  for (const filter of filters) {
    const name = filterName(filter);
    if (!(isOfLabels(filter) ? labelled : possible.includes(name))) {
      const choices = [...possible, ...(labelled ? ['label:KEY', 'a label selector'] : [])];
      throw new HeapscopeError(
        'bad_request',
        `${metric.name} of ${level} cannot be filtered by ${JSON.stringify(name)}; ${
          choices.length > 0 ? `it can by ${choices.join(', ')}.` : 'it has no names to filter by.'
        }`
      );
    }
  }
}

/** Whether a filter looks at labels. */
export function isOfLabels(filter: Filter): boolean {
  return 'labelSelector' in filter || filter.dimension.startsWith('label:');
}

/** What a filter looks at, in the words of who wrote it. */
export function filterName(filter: Filter): string {
  return 'labelSelector' in filter ? filter.labelSelector : filter.dimension;
}

function namesOf(level: MetricLevel, metric: MetricDefinition): readonly string[] {
  return [...DIMENSIONS[level], ...extraDimensions(metric), ...(TRAITS[level] ?? [])];
}
