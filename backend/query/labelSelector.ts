import { HeapscopeError } from '../errors.ts';
import type { Labels } from '../model/facts.ts';
import { readLabelRequirements, type LabelRequirement } from '../model/labelRequirements.ts';

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
  const read = readLabelRequirements(selector);
  if ('invalidPart' in read) {
    throw new HeapscopeError(
      'bad_request',
      `The label selector ${JSON.stringify(selector)} has a part that is not valid: ${JSON.stringify(read.invalidPart)}. Write it as in \`kubectl get -l\`, such as app=web or tier in (front,back).`
    );
  }
  const tests = read.requirements.map(testOf);
  return (labels) => tests.every((test) => test(labels));
}

function testOf(requirement: LabelRequirement): (labels: Labels) => boolean {
  const { key, operator } = requirement;
  const valueOf = (labels: Labels) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  switch (operator) {
    case 'exists':
      return (labels) => valueOf(labels) !== undefined;
    case 'absent':
      return (labels) => valueOf(labels) === undefined;
    case 'in':
    case 'notin': {
      const values = new Set<string | undefined>(requirement.values);
      return (labels) => values.has(valueOf(labels)) === (operator === 'in');
    }
    case '<':
    case '>':
      return compareWith(valueOf, operator, requirement.bound);
  }
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
