import { sentenceOf } from '../../errors.ts';
import type { Labels } from '../../model/facts.ts';
import { parseLabelSelector } from '../../query/labelSelector.ts';
import { badRequest } from './statusFailure.ts';

/** What selectors look at. */
export interface Selectable {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Labels;
}

type Test = (object: Selectable) => boolean;

/** The objects that both selectors of a list want. Throws 400 if one cannot be read. */
export function readSelection(parameters: URLSearchParams): Test {
  const tests = [
    labelTest(parameters.get('labelSelector') ?? ''),
    ...fieldTests(parameters.get('fieldSelector') ?? ''),
  ];
  return (object) => tests.every((test) => test(object));
}

function labelTest(selector: string): Test {
  try {
    const matches = parseLabelSelector(selector);
    return ({ labels }) => matches(labels);
  } catch (error) {
    throw badRequest(`unable to parse requirement: ${sentenceOf(error)}`);
  }
}

/** Fields as the API server knows them of every object: its name and its namespace. */
function fieldTests(selector: string): Test[] {
  return selector
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, field, operator, value] = /^\s*([^=!\s]+)\s*(==|=|!=)\s*([^=!]*?)\s*$/.exec(part) ?? [];
      if (field === undefined) {
        throw badRequest(
          `invalid selector: ${JSON.stringify(part.slice(0, 200))}; can't understand ${JSON.stringify(part.slice(0, 200))}`
        );
      }
      const read = fieldReader(field);
      return (object) => (read(object) === value) === (operator !== '!=');
    });
}

function fieldReader(field: string): (object: Selectable) => string {
  switch (field) {
    case 'metadata.name':
      return ({ name }) => name;
    case 'metadata.namespace':
      return ({ namespace = '' }) => namespace;
    default:
      throw badRequest(
        `${JSON.stringify(field.slice(0, 200))} is not a known field selector: only "metadata.name", "metadata.namespace"`
      );
  }
}
