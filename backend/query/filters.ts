import { HeapscopeError } from '../errors.ts';
import type { ObjectNames } from '../model/batch.ts';
import { nameOf } from './dimensions.ts';
import { parseLabelSelector } from './labelSelector.ts';
import { compilePattern } from './patterns.ts';
import type { Filter, NameFilter } from './types.ts';

/** More than a request may hold, so that doors can add their own. */
const MAX_FILTERS = 100;
const NO_LABELS = {};

export type ObjectTest = (names: ObjectNames) => boolean;

/** One test for all filters together (AND). An object without the name in question fails `=`, `in` and `=~` only. */
export function compileFilters(filters: readonly Filter[]): ObjectTest {
  if (filters.length > MAX_FILTERS) {
    throw new HeapscopeError(
      'bad_request',
      `The query has ${filters.length} filters; at most ${MAX_FILTERS} are allowed.`
    );
  }
  const tests = filters.map(compileFilter);
  return tests.length === 1 ? tests[0] : (names) => tests.every((test) => test(names));
}

/** The names of pods that filters leave over at most; undefined where they name none. */
export function podsNamed(filters: readonly Filter[]): readonly string[] | undefined {
  const naming = filters.find(
    (filter) => 'dimension' in filter && filter.dimension === 'pod' && ['=', 'in'].includes(filter.operator)
  );
  return naming && 'values' in naming ? naming.values : undefined;
}

function compileFilter(filter: Filter): ObjectTest {
  if ('labelSelector' in filter) {
    const matches = parseLabelSelector(filter.labelSelector);
    return (names) => matches(names.labels ?? NO_LABELS);
  }
  const { dimension } = filter;
  const accepts = compileOperator(filter);
  return (names) => accepts(nameOf(names, dimension));
}

function compileOperator({ dimension, operator, values }: NameFilter): (name: string | undefined) => boolean {
  if (operator === 'in' || operator === 'notin') {
    const wanted = new Set<string | undefined>(values);
    return operator === 'in' ? (name) => wanted.has(name) : (name) => !wanted.has(name);
  }
  if (values.length !== 1) {
    throw new HeapscopeError(
      'bad_request',
      `The filter on ${dimension} has ${values.length} values, but "${operator}" takes one. Use "in" or "notin" for lists.`
    );
  }
  const [value] = values;
  if (operator === '=' || operator === '!=') {
    return (name) => (name === value) === (operator === '=');
  }
  const matches = compilePattern(value, true, `the filter on ${dimension}`);
  return (name) => (name !== undefined && matches(name)) === (operator === '=~');
}
