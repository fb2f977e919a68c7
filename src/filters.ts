import type { Dimension, Filter, Level, NameFilter } from '../backend/contract/grafana';
import type { Expansion, Interpolation } from './interpolation';

/** A dashboard variable where a name is expected: `$namespace` or `${namespace}`. */
export type Variable = `$${string}`;

/** A condition on one dimension as it is saved; its dimension and values may be variables. */
export interface SavedNameFilter {
  dimension: Dimension | Variable;
  operator: NameFilter['operator'];
  values: string[];
}

/** A label selector as it is saved, such as `app in ($app), tier != cache`. */
export interface SavedSelectorFilter {
  labelSelector: string;
}

export type SavedFilter = SavedNameFilter | SavedSelectorFilter;

/** What the filter stands in: "All" of a variable needs no filter if the variable lists just what is asked anyway. */
export interface FilterContext {
  level?: string;
  filters: SavedFilter[];
}

const POSITIVE = ['=', 'in', '=~'];
const SEVERAL = { '=': 'in', '!=': 'notin' } as const;
const AS_PATTERN = { '=': '=~', in: '=~', '!=': '!~', notin: '!~', '=~': '=~', '!~': '!~' } as const;

/** Whether it is a label selector rather than a condition on names. */
export function isSelector<T extends object>(filter: T | SavedSelectorFilter): filter is SavedSelectorFilter {
  return 'labelSelector' in filter;
}

/** Whether a row of the editor says something already. */
export function isCompleteFilter(filter: SavedFilter): boolean {
  return isSelector(filter)
    ? filter.labelSelector.trim() !== ''
    : Boolean(filter.dimension) && (filter.operator === 'in' || filter.values.some((value) => value !== ''));
}

/** What objects can be filtered and grouped by. */
export interface Fields {
  names: Dimension[];
  /** Whether the objects carry Kubernetes labels. */
  labels: boolean;
}

/** Whether objects with these fields can be filtered or grouped by a name; what holds a variable may turn out any name. */
export function isField(dimension: string, fields: Fields): boolean {
  if (dimension === '' || dimension.startsWith('$')) {
    return true;
  }
  return dimension.startsWith('label:') ? fields.labels : fields.names.some((name) => name === dimension);
}

/** Whether a filter can be of use to objects with these fields; the backend refuses the others. */
export function isFitting(filter: SavedFilter, fields: Fields): boolean {
  return isSelector(filter) ? fields.labels : isField(filter.dimension, fields);
}

/** Filters as the backend takes them: complete, with variables replaced, those that "All" makes needless left out. */
export function interpolateFilters(context: FilterContext, interpolation: Interpolation): Filter[] {
  return context.filters.filter(isCompleteFilter).flatMap((filter): Filter[] => {
    if (isSelector(filter)) {
      const labelSelector = interpolateSelector(filter.labelSelector, interpolation);
      return labelSelector === '' ? [] : [{ labelSelector }];
    }
    return interpolateNames(filter, context, interpolation);
  });
}

/** A filter in words, for query history and collapsed rows. */
export function describeFilter(filter: SavedFilter): string {
  if (isSelector(filter)) {
    return filter.labelSelector;
  }
  const values = filter.values.join(', ');
  return `${filter.dimension} ${filter.operator} ${filter.operator.endsWith('in') ? `(${values})` : values}`;
}

function interpolateNames(saved: SavedNameFilter, context: FilterContext, interpolation: Interpolation): Filter[] {
  const dimension = interpolation.text(saved.dimension) as Dimension;
  const expansions = saved.values.map((value) => interpolation.list(value));
  if (
    POSITIVE.includes(saved.operator) &&
    expansions.some((each) => isEverything(each, saved, context, interpolation))
  ) {
    return [];
  }
  if (expansions.length === 1 && expansions[0].all === 'custom') {
    return [{ dimension, operator: AS_PATTERN[saved.operator], values: expansions[0].values }];
  }
  if (saved.operator === '=~' || saved.operator === '!~') {
    const values = saved.values.map((value) => interpolation.pattern(value));
    return values.every((value) => value === '') ? [] : [{ dimension, operator: saved.operator, values }];
  }
  const values = [...new Set(expansions.flatMap((expansion) => expansion.values))];
  const operator = values.length !== 1 && saved.operator in SEVERAL ? SEVERAL[saved.operator as '='] : saved.operator;
  return [{ dimension, operator, values }];
}

/**
 * Whether "All" of the variable means every name there is: its query asks for this dimension and narrows it by
 * nothing but filters the asker has too. A variable that narrows more means its options, so these are sent.
 */
function isEverything(
  expansion: Expansion,
  saved: SavedNameFilter,
  context: FilterContext,
  interpolation: Interpolation
): boolean {
  const variable = expansion.all === 'options' ? interpolation.variable(expansion.variable ?? '') : undefined;
  if (variable?.type !== 'query' || variable.regex || typeof variable.query !== 'object' || variable.query === null) {
    return false;
  }
  const asked: { dimension?: string; level?: Level; match?: string; filters?: SavedFilter[] } = variable.query;
  const known = new Set(context.filters.map(describeFilter));
  return (
    asked.dimension === saved.dimension &&
    !asked.match &&
    (!asked.level || asked.level === context.level) &&
    (asked.filters ?? []).filter(isCompleteFilter).every((filter) => known.has(describeFilter(filter)))
  );
}

const EQUALITY = /^\s*([^\s=!(),]+)\s*(==|=|!=)\s*(\S+)\s*$/;

/** Choices of a multi-value variable become a list: `app in ($app)`, and `app = $app` turns into one. */
function interpolateSelector(selector: string, interpolation: Interpolation): string {
  return splitRequirements(selector)
    .map((requirement) => {
      const [, key, operator, value] = EQUALITY.exec(requirement) ?? [];
      const choices = value === undefined ? [] : interpolation.list(value).values;
      return choices.length > 1
        ? `${interpolation.text(key)} ${operator === '!=' ? 'notin' : 'in'} (${choices.join(',')})`
        : interpolation.list(requirement.trim()).values.length > 1
          ? expandLists(requirement.trim(), interpolation)
          : interpolation.text(requirement.trim());
    })
    .filter((requirement) => requirement !== '')
    .join(', ');
}

function expandLists(requirement: string, interpolation: Interpolation): string {
  return requirement.replace(/\(([^()]*)\)/, (_, items: string) => {
    const values = items.split(',').flatMap((item) => interpolation.list(item.trim()).values);
    return `(${values.join(',')})`;
  });
}

function splitRequirements(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/);
}
