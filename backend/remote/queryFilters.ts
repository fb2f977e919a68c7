import { HeapscopeError } from '../errors.ts';
import { readLabelRequirements, type LabelRequirement } from '../model/labelRequirements.ts';
import type { Filter, NameFilter } from '../model/seriesQuery.ts';
import { LABEL_KEYS, labelName } from './exportedNames.ts';
import { escapePattern, oneOf, type Matcher } from './matchers.ts';

/**
 * Filters in PromQL's terms. Names are labels of the series themselves; Kubernetes labels and the host network are those
 * of the info series, which are joined.
 */
export interface RemoteFilters {
  readonly matchers: readonly Matcher[];
  readonly joins: readonly InfoJoin[];
  /** Nothing can pass. */
  readonly isEmpty: boolean;
}

/** Objects stay (`and`) or go (`unless`) if their info series matches one of the alternatives. */
export interface InfoJoin {
  readonly operator: 'and' | 'unless';
  readonly alternatives: ReadonlyArray<readonly Matcher[]>;
}

/** A condition on a label of the info series, before it is put into matchers. */
type LabelCondition =
  | { readonly operator: 'exists' }
  | { readonly operator: 'in'; readonly values: readonly string[] }
  | { readonly operator: 'matches'; readonly pattern: string };

/** Throws `bad_request` for a label selector that is none. */
export function remoteFilters(filters: readonly Filter[]): RemoteFilters {
  const matchers: Matcher[] = [];
  const joins: InfoJoin[] = [];
  let isEmpty = false;
  for (const filter of filters) {
    if ('labelSelector' in filter) {
      joins.push(...requirementsOf(filter.labelSelector).map(joinOfRequirement));
    } else if (isInfoDimension(filter.dimension)) {
      joins.push(joinOfName(filter));
    } else {
      const found = matchersOfName(filter);
      isEmpty ||= found === undefined;
      matchers.push(...(found ?? []));
    }
  }
  isEmpty ||= joins.some(({ operator, alternatives }) => operator === 'and' && alternatives.length === 0);
  return { matchers, joins: joins.filter(({ alternatives }) => alternatives.length > 0), isEmpty };
}

/** Whether a dimension is told by the info series. */
export function isInfoDimension(dimension: string): boolean {
  return dimension === 'host_network' || dimension.startsWith('label:');
}

/** The label of the info series that tells a dimension. */
export function infoLabel(dimension: string): string {
  return dimension === 'host_network' ? dimension : labelName(dimension.slice('label:'.length));
}

/** Undefined if nothing matches. PromQL takes a label that is missing for an empty one; here it is no name at all. */
function matchersOfName({ dimension: label, operator, values }: NameFilter): Matcher[] | undefined {
  const texts = values.filter((value) => value !== '');
  switch (operator) {
    case '=':
    case 'in':
      return texts.length === 0 ? undefined : [oneOf(label, texts)];
    case '!=':
    case 'notin':
      return texts.length === 0 ? [] : [oneOf(label, texts, true)];
    case '=~':
      return [
        { label, operator: '!=', value: '' },
        { label, operator: '=~', value: values[0] },
      ];
    case '!~':
      return [{ label, operator: '!~', value: values[0] }];
  }
}

function joinOfName({ dimension, operator, values }: NameFilter): InfoJoin {
  const isNegated = operator === '!=' || operator === 'notin' || operator === '!~';
  const condition: LabelCondition =
    operator === '=~' || operator === '!~' ? { operator: 'matches', pattern: values[0] } : { operator: 'in', values };
  const alternatives =
    dimension === 'host_network'
      ? hostAlternatives(condition)
      : labelAlternatives(dimension.slice('label:'.length), condition);
  return { operator: isNegated ? 'unless' : 'and', alternatives };
}

function hostAlternatives(condition: LabelCondition): Matcher[][] {
  const label = 'host_network';
  if (condition.operator !== 'in') {
    const pattern = condition.operator === 'matches' ? condition.pattern : '.*';
    return [
      [
        { label, operator: '!=', value: '' },
        { label, operator: '=~', value: pattern },
      ],
    ];
  }
  const texts = condition.values.filter((value) => value !== '');
  return texts.length === 0 ? [] : [[oneOf(label, texts)]];
}

/** Labels may be there and empty, which PromQL does not tell from missing: the list of keys does. */
function labelAlternatives(key: string, condition: LabelCondition): Matcher[][] {
  const label = labelName(key);
  const isThere: Matcher = { label: LABEL_KEYS, operator: '=~', value: `.*,${escapePattern(key)},.*` };
  switch (condition.operator) {
    case 'exists':
      return [[isThere]];
    case 'matches':
      return [[isThere, { label, operator: '=~', value: condition.pattern }]];
    case 'in': {
      const texts = condition.values.filter((value) => value !== '');
      const empty: Matcher[] = [isThere, { label, operator: '=', value: '' }];
      return [
        ...(texts.length > 0 ? [[isThere, oneOf(label, texts)]] : []),
        ...(texts.length < condition.values.length ? [empty] : []),
      ];
    }
  }
}

function requirementsOf(labelSelector: string): LabelRequirement[] {
  const read = readLabelRequirements(labelSelector);
  if ('invalidPart' in read) {
    throw new HeapscopeError(
      'bad_request',
      `The label selector ${JSON.stringify(labelSelector)} has a part that is not valid: ${JSON.stringify(read.invalidPart)}.`
    );
  }
  return read.requirements;
}

function joinOfRequirement(requirement: LabelRequirement): InfoJoin {
  const { key } = requirement;
  switch (requirement.operator) {
    case 'exists':
    case 'absent':
      return {
        operator: requirement.operator === 'exists' ? 'and' : 'unless',
        alternatives: labelAlternatives(key, { operator: 'exists' }),
      };
    case 'in':
    case 'notin':
      return {
        operator: requirement.operator === 'in' ? 'and' : 'unless',
        alternatives: labelAlternatives(key, { operator: 'in', values: requirement.values }),
      };
    case '<':
    case '>': {
      const pattern = numberPattern(requirement.operator, requirement.bound);
      const alternatives = pattern === undefined ? [] : labelAlternatives(key, { operator: 'matches', pattern });
      return { operator: 'and', alternatives };
    }
  }
}

/** A pattern for whole numbers beyond a bound, as label values write them: digits alone. Undefined if there is none. */
export function numberPattern(operator: '<' | '>', bound: number): string | undefined {
  if (bound < 0) {
    return operator === '>' ? '[0-9]+' : undefined;
  }
  const digits = String(bound);
  const beyond: string[] = [];
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[index]);
    const range = operator === '>' ? digit < 9 && `[${digit + 1}-9]` : digit > 0 && `[0-${digit - 1}]`;
    if (range) {
      beyond.push(`${digits.slice(0, index)}${range}[0-9]{${digits.length - index - 1}}`);
    }
  }
  if (operator === '>') {
    beyond.push(`[1-9][0-9]{${digits.length},}`);
  } else if (digits.length > 1) {
    beyond.push(`[0-9]{1,${digits.length - 1}}`);
  }
  return beyond.length === 0 ? undefined : `0*(?:${beyond.join('|')})`;
}
