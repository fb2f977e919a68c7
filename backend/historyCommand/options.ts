import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { codeOf, HeapscopeError, sentenceOf } from '../errors.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One flag of a command. */
export interface Flag {
  /** `--name=SHAPE`; an empty shape is a switch. */
  readonly shape: string;
  readonly description: string;
  readonly isRepeatable?: true;
}

export type Flags = Readonly<Record<string, Flag>>;

/** Values of flags by name. */
export interface Given {
  text(name: string): string | undefined;
  texts(name: string): readonly string[] | undefined;
  is(name: string): boolean;
}

/** Flags that every command has. */
export const COMMON_FLAGS: Flags = {
  'data-dir': {
    shape: 'FOLDER',
    description: 'The folder of the history. Default: HEAPSCOPE_DATA_DIR, else the one in the home folder.',
  },
  help: { shape: '', description: 'Show this text.' },
};

/** Reads flags. Throws `bad_config` for what is no flag. */
export function readFlags(argv: readonly string[], flags: Flags): Given {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { shape, isRepeatable }]) => [
      name,
      { type: shape === '' ? 'boolean' : 'string', multiple: isRepeatable === true },
    ])
  ) as NonNullable<ParseArgsConfig['options']>;
  const { values } = parsed(argv, options);
  return {
    text: (name) => values[name] as string | undefined,
    texts: (name) => values[name] as string[] | undefined,
    is: (name) => values[name] === true,
  };
}

function parsed(argv: readonly string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
  } catch (error) {
    if (codeOf(error).startsWith('ERR_PARSE_ARGS')) {
      throw new HeapscopeError('bad_config', `${sentenceOf(error).split('. ')[0]}. --help lists the flags.`);
    }
    throw error;
  }
}

/** The folder of the history: the one that is named, or the only one in the home folder. */
export function historyFolder(given: Given, environment: Environment): string {
  const named = given.text('data-dir') ?? environment.HEAPSCOPE_DATA_DIR;
  if (named !== undefined) {
    return named;
  }
  const { XDG_DATA_HOME, HOME } = environment;
  const home = XDG_DATA_HOME
    ? join(XDG_DATA_HOME, 'heapscope')
    : HOME
      ? join(HOME, '.local/share/heapscope')
      : undefined;
  const found = home === undefined ? [] : foldersIn(home);
  if (found.length === 1) {
    return join(home!, found[0]);
  }
  const sentence =
    found.length === 0
      ? 'There is no history in the home folder; name its folder by --data-dir.'
      : `There are histories of several clusters in ${home}: ${found.join(', ')}. Name one by --data-dir=${join(home!, found[0])}.`;
  throw new HeapscopeError('bad_config', sentence);
}

function foldersIn(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time: ISO 8601, or how long ago, such as `36h` or `14d`. Throws `bad_config` for anything else. */
export function timeOption(given: Given, name: string, nowMs: number): number | undefined {
  const text = given.text(name);
  if (text === undefined) {
    return undefined;
  }
  const [, count, unit] = /^(\d+(?:\.\d+)?)([mhd])$/.exec(text) ?? [];
  const timeMs = count === undefined ? Date.parse(text) : nowMs - Number(count) * UNITS_MS[unit];
  if (Number.isNaN(timeMs) || (count === undefined && !/^\d{4}-/.test(text))) {
    const sentence = `--${name}=${text} is no time; write 2026-11-21, 2026-11-21T08:00:00Z, or how long ago, such as 36h or 14d.`;
    throw new HeapscopeError('bad_config', sentence);
  }
  return timeMs;
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** A size such as `500MiB`. Throws `bad_config` for anything else. */
export function bytesOption(given: Given, name: string): number | undefined {
  const text = given.text(name);
  if (text === undefined) {
    return undefined;
  }
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]i?B)?$/.exec(text) ?? [];
  if (count === undefined) {
    throw new HeapscopeError('bad_config', `--${name}=${text} is no size; write 500MiB or 10GiB.`);
  }
  return Number(count) * UNIT_BYTES[unit];
}

/** One of several words. Throws `bad_config` for anything else. */
export function choiceOption<Word extends string>(
  given: Given,
  name: string,
  words: readonly Word[]
): Word | undefined {
  const text = given.text(name);
  const word = words.find((each) => each === text);
  if (text !== undefined && word === undefined) {
    throw new HeapscopeError('bad_config', `--${name}=${text} is not one of ${words.join(', ')}.`);
  }
  return word;
}
