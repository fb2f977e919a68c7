import { readFileSync } from 'node:fs';
import type { Environment, ReadTextFile } from './otherPlaces.ts';

/** What the process was started with. */
export interface ProcessEnvironment {
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly readTextFile: ReadTextFile;
}

/** The only place that reads the command line and the environment variables of the process. */
export function readEnvironment(): ProcessEnvironment {
  return {
    argv: process.argv.slice(2),
    environment: { ...process.env },
    readTextFile: (path) => readFileSync(path, 'utf8'),
  };
}
