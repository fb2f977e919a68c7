import { readFileSync } from 'node:fs';

type Tree = { [key: string]: Tree };

/** Puts the path of every key in a JSON value into `into`; `[]` stands for the items of a list. */
export function keyPaths(value: unknown, into: Set<string>, path = ''): Set<string> {
  if (Array.isArray(value)) {
    value.forEach((item) => keyPaths(item, into, `${path}[]`));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const own = path === '' ? key : `${path}.${key}`;
      into.add(own);
      keyPaths(inner, into, own);
    }
  }
  return into;
}

/** The sorted key paths that ten rounds of a real 1.35 kubelet's answers had. */
export function recordedKeyPaths(part: 'summary' | 'onlyCpuAndMemory'): string[] {
  const trees: Record<string, Tree> = JSON.parse(readFileSync(new URL('./keyPaths-1.35.json', import.meta.url), 'utf8'));
  const paths = new Set<string>();
  const walk = (tree: Tree, path: string): void => {
    for (const [key, inner] of Object.entries(tree)) {
      const own = path === '' ? key : `${path}.${key}`;
      paths.add(own.endsWith('[]') ? own.slice(0, -2) : own);
      walk(inner, own);
    }
  };
  walk(trees[part], '');
  return [...paths].sort();
}
