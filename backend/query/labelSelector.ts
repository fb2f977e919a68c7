import { HeapscopeError } from '../errors.ts';
import type { Labels } from '../model/facts.ts';

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const KEY = `(?:${NAME}/)?${NAME}`;
const LIST = `(?:\\s*(?:${NAME})?\\s*,)*\\s*(?:${NAME})?\\s*`;
const REQUIREMENT = new RegExp(
  `^\\s*(?:!\\s*(?<absentKey>${KEY})|(?<key>${KEY})(?:` +
    `\\s*(?<operator>==|=|!=)\\s*(?<value>${NAME}|)|` +
    `\\s*(?<order>[<>])\\s*(?<bound>-?\\d{1,15})|` +
    `\\s+(?<set>in|notin)\\s*\\((?!\\s*\\))(?<values>${LIST})\\))?)\\s*$`
);
const MAX_SELECTOR_LENGTH = 2000;

/**
 * Parses a label selector in Kubernetes' syntax (`app=web,tier in (front,back),!legacy`) into a test on labels. As in
 * Kubernetes, `!=` and `notin` also match objects without the label. Throws `bad_request`.
 */
export function parseLabelSelector(selector: string): (labels: Labels) => boolean {
  if (selector.length > MAX_SELECTOR_LENGTH) {
    throw new HeapscopeError(
      'bad_request',
      `The label selector has ${selector.length} characters; at most ${MAX_SELECTOR_LENGTH} are allowed.`
    );
  }
  const tests = splitRequirements(selector).map((text) => parseRequirement(text, selector));
  return (labels) => tests.every((test) => test(labels));
}

/** Splits at the commas outside parentheses. */
function splitRequirements(selector: string): string[] {
  return selector.trim() === '' ? [] : selector.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string, selector: string): (labels: Labels) => boolean {
  const parts = REQUIREMENT.exec(text)?.groups;
  if (!parts) {
    throw new HeapscopeError(
      'bad_request',
      `The label selector ${JSON.stringify(selector)} has a part that is not valid: ${JSON.stringify(text.trim())}. Write it as in \`kubectl get -l\`, such as app=web or tier in (front,back).`
    );
  }
  if (parts.absentKey !== undefined) {
    return (labels) => !Object.hasOwn(labels, parts.absentKey);
  }
  const key = parts.key;
  const valueOf = (labels: Labels) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  if (parts.set) {
    const values = new Set(parts.values.split(',').map((value) => value.trim()));
    return (labels) => {
      const value = valueOf(labels);
      return (value !== undefined && values.has(value)) === (parts.set === 'in');
    };
  }
  if (parts.order) {
    return compareWith(valueOf, parts.order, Number(parts.bound));
  }
  if (parts.operator === undefined) {
    return (labels) => valueOf(labels) !== undefined;
  }
  return (labels) => (valueOf(labels) === parts.value) === (parts.operator !== '!=');
}

/** `<` and `>` look at labels that are whole numbers and match no others. */
function compareWith(
  valueOf: (labels: Labels) => string | undefined,
  order: string,
  bound: number
): (labels: Labels) => boolean {
  return (labels) => {
    const value = valueOf(labels) ?? '';
    return /^[+-]?\d+$/.test(value) && (order === '<' ? Number(value) < bound : Number(value) > bound);
  };
}
