import { FOREIGN_FLAGS } from './heapsterFlags.ts';
import { ALIASES } from './metricsServerFlags.ts';
import { canonicalName, environmentName, nearestName } from './setting.ts';
import type { Given } from './setting.ts';
import { describeSetting, isSetting, PUBLIC_NAMES } from './settings.ts';

/** What one place said: values, sentences about mistakes, and remarks that stop nobody. */
export interface Gathered {
  readonly given: Given[];
  readonly problems: string[];
  readonly notes: string[];
}

/** Whether the command line asks for a text instead of a start. */
export function askedFor(argv: readonly string[]): 'help' | 'version' | undefined {
  if (argv.some((word) => /^(--help|-h|-help)(=true)?$/.test(word))) {
    return 'help';
  }
  return argv.some((word) => /^--version(=true)?$/.test(word)) ? 'version' : undefined;
}

/** Reads flags: `--name=value`, `--name value`, and bare switches; `_` and `-` are the same in names. */
export function readCommandLine(argv: readonly string[]): Gathered {
  const gathered: Gathered = { given: [], problems: [], notes: [] };
  for (let index = 0; index < argv.length; index++) {
    const flag = splitFlag(argv[index]);
    if (flag === undefined) {
      gathered.problems.push(`"${argv[index]}" is not a flag; flags are written --name=value.`);
      continue;
    }
    const next = argv[index + 1];
    if (flag.text === undefined && !isSwitch(flag.name) && next !== undefined && !next.startsWith('--')) {
      flag.text = next;
      index++;
    }
    takeFlag(flag, gathered);
  }
  return gathered;
}

interface Flag {
  readonly name: string;
  readonly written: string;
  text?: string;
}

function splitFlag(word: string): Flag | undefined {
  const [, written, , text] = /^(--[A-Za-z][A-Za-z0-9_-]*|-[lv])(=([\s\S]*))?$/.exec(word) ?? [];
  const name = canonicalName((written ?? '').replace(/^-+/, ''));
  return written === undefined ? undefined : { written, text, name: ALIASES.get(name) ?? name };
}

function isSwitch(name: string): boolean {
  const foreign = FOREIGN_FLAGS.get(name);
  if (isSetting(name)) {
    return describeSetting(name).shape === '';
  }
  return foreign === undefined || foreign.bare === true;
}

function takeFlag(flag: Flag, { given, problems, notes }: Gathered): void {
  const { name, written } = flag;
  if (isSetting(name) && describeSetting(name).secret) {
    const variable = environmentName(name);
    problems.push(
      `${written} is refused, because everybody on the machine can read a command line; use ${variable} or --${name}-file.`
    );
  } else if (isSetting(name)) {
    const text = flag.text ?? (isSwitch(name) || describeSetting(name).shape === 'true|false' ? 'true' : undefined);
    if (text === undefined) {
      problems.push(`${written} needs a value: ${written}=${describeSetting(name).shape}.`);
    } else {
      given.push({ name, text, origin: 'flag', shown: flag.text === undefined ? written : `${written}=${text}` });
    }
  } else {
    takeForeignFlag(flag, problems, notes);
  }
}

function takeForeignFlag({ name, written, text }: Flag, problems: string[], notes: string[]): void {
  const foreign = FOREIGN_FLAGS.get(name);
  if (foreign === undefined) {
    const near = nearestName(name, PUBLIC_NAMES);
    problems.push(
      `${written} is not a flag of Heapscope${near ? `; did you mean --${near}?` : '; --help lists them all.'}`
    );
  } else if (foreign.kind === 'no_effect') {
    notes.push(`${written} has no effect: ${foreign.why}.`);
  } else if (text === undefined || !/^(0|f|false)$/i.test(text)) {
    problems.push(`${written} is not offered: ${foreign.instead}.`);
  }
}
