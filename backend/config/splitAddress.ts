import { expandVariables } from './expandVariables.ts';
import type { Environment } from './otherPlaces.ts';

/** `PREFIX:LOCATION?OPTIONS#…`, as sources and sinks are written. */
export interface SplitAddress {
  readonly prefix: string;
  readonly location: string;
  /** Heapster took the first value of an option that is repeated. */
  readonly options: URLSearchParams;
  /** Variables that the environment lacks; they were read as empty. */
  readonly unset: string[];
}

/** Takes a source or a sink apart, with variables of the environment in place behind the prefix. */
export function splitAddress(text: string, environment: Environment): SplitAddress {
  const colon = text.indexOf(':');
  const prefix = colon < 0 ? text : text.slice(0, colon);
  const { text: address, unset } = expandVariables(colon < 0 ? '' : text.slice(colon + 1), environment);
  const [beforeFragment] = address.split('#');
  const question = beforeFragment.indexOf('?');
  const location = question < 0 ? beforeFragment : beforeFragment.slice(0, question);
  const options = new URLSearchParams(question < 0 ? '' : beforeFragment.slice(question + 1));
  return { prefix, location, options, unset };
}
