import { HeapsterError } from './answers.ts';
import { quoteGo } from './goQuote.ts';
import { parseTime } from './goTime.ts';

/** Parameters of a request: the first of each name counts, an empty one is not given. */
export type Parameters = (name: string) => string | undefined;

/** Most label pairs one request may ask for. */
const MOST_PAIRS = 100;

/** Reads the parameters of an address, in which `+` is a space. */
export function readParameters(url: string): Parameters {
  const question = url.indexOf('?');
  const search = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  return (name) => search.get(name) || undefined;
}

/** Start and end of a request as far as they are given, Unix ms. */
export function readTimes(parameters: Parameters): { readonly startMs?: number; readonly endMs?: number } {
  const [start, end] = [parameters('start'), parameters('end')];
  return {
    startMs: start === undefined ? undefined : parseTime(start),
    endMs: end === undefined ? undefined : parseTime(end),
  };
}

/** The label pairs of a request, undefined if it has none. Each is split at its first colon. */
export function readLabels(parameters: Parameters): ReadonlyMap<string, string> | undefined {
  const text = parameters('labels');
  if (text === undefined) {
    return undefined;
  }
  const pairs = text.split(',');
  if (pairs.length > MOST_PAIRS) {
    throw new HeapsterError(400, `invalid labels: at most ${MOST_PAIRS} pairs are allowed`);
  }
  const labels = new Map<string, string>();
  for (const pair of pairs) {
    const colon = pair.indexOf(':');
    if (colon <= 0 || colon === pair.length - 1) {
      throw new HeapsterError(400, `invalid label pair ${quoteGo(pair)}`);
    }
    labels.set(pair.slice(0, colon), pair.slice(colon + 1));
  }
  return labels;
}

/** The names of a list that is written with commas, in the order of the request. */
export function readList(text: string | undefined): readonly string[] {
  return (text ?? '').split(',');
}
