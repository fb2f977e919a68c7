import type { Environment } from './otherPlaces.ts';

const REFERENCE = /\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*|[*#$@!?0-9-]))/g;

/** Replaces `$NAME` and `${NAME}` as Heapster did: what the environment lacks becomes empty, and is reported. */
export function expandVariables(text: string, environment: Environment): { text: string; unset: string[] } {
  const unset: string[] = [];
  const expanded = text.replace(REFERENCE, (_reference, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined) {
      unset.push(name);
    }
    return value ?? '';
  });
  return { text: expanded, unset };
}
