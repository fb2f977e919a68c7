import type { Failure } from './answers.ts';
import { badRequest } from './answers.ts';
import { nodeNameOf } from './objectStore.ts';
import type { StoredEvent } from './objectStore.ts';
import type { Form, Resource, Stored } from './resources.ts';

/** What a list or watch asks for. */
export interface Selection {
  resource: Resource;
  namespace: string | undefined;
  form: Form;
  search: URLSearchParams;
  fields: ReadonlyArray<{ field: string; equal: boolean; value: string }>;
}

type Facts = Pick<StoredEvent, 'namespace' | 'name' | 'nodeName'>;

const FIELDS: Record<string, (facts: Facts) => string> = {
  'metadata.name': (facts) => facts.name,
  'metadata.namespace': (facts) => facts.namespace ?? '',
  'spec.nodeName': (facts) => facts.nodeName ?? '',
};

/** Reads a field selector; one that the simulator doesn't know is a failure rather than an unfiltered answer. */
export function parseFields(text: string | null): Selection['fields'] | Failure {
  const fields: Array<Selection['fields'][number]> = [];
  for (const part of (text ?? '').split(',').filter((each) => each !== '')) {
    const [, field, operator, value] = /^([^=!]+)(==?|!=)(.*)$/.exec(part) ?? [];
    if (field === undefined || !(field in FIELDS)) {
      return badRequest(`field selector "${part}" is not supported; use ${Object.keys(FIELDS).join(', ')}`);
    }
    fields.push({ field, equal: operator !== '!=', value });
  }
  return fields;
}

/** Whether an event belongs to a selection. */
export function selects(selection: Selection, facts: Facts): boolean {
  return (
    (selection.namespace === undefined || facts.namespace === selection.namespace) &&
    selection.fields.every(({ field, equal, value }) => (FIELDS[field](facts) === value) === equal)
  );
}

/** Whether an object belongs to a selection. */
export function selectsObject(selection: Selection, stored: Stored): boolean {
  return selects(selection, { namespace: stored.namespace, name: stored.name, nodeName: nodeNameOf(stored) });
}
