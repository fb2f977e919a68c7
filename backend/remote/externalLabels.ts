import type { LabelPairs } from './exportedNames.ts';

/** Labels that are added to every series of a receiver, sorted by name. */
export type ExternalLabels = ReadonlyArray<readonly [name: string, value: string]>;

/** Brings labels given by a person into order. */
export function sortExternalLabels(labels: Readonly<Record<string, string>>): ExternalLabels {
  return Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Visits the labels of a series and the external ones together, sorted by name; a label the series has itself wins. */
export function withExternalLabels(
  pairs: LabelPairs,
  external: ExternalLabels,
  visit: (name: string, value: string) => void
): void {
  let next = 0;
  for (let index = 0; index < pairs.length; index += 2) {
    const name = pairs[index];
    while (next < external.length && external[next][0] < name) {
      visit(...external[next++]);
    }
    if (next < external.length && external[next][0] === name) {
      next++;
    }
    visit(name, pairs[index + 1]);
  }
  while (next < external.length) {
    visit(...external[next++]);
  }
}
