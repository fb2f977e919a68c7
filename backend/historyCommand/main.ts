import { HeapscopeError } from '../errors.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import { COMMON_FLAGS, historyFolder, readFlags, type Environment, type Flags, type Given } from './options.ts';
import { pruneCommand } from './prune.ts';
import type { Terminal } from './terminal.ts';
import { verifyCommand } from './verify.ts';

/** A command about a history. */
export interface HistoryCommand {
  readonly summary: string;
  /** What else is to be known, a paragraph. */
  readonly details: string;
  readonly flags: Flags;
  /** Answers with the exit code. */
  run(folder: string, given: Given, terminal: Terminal): Promise<number>;
}

const COMMANDS: Readonly<Record<string, HistoryCommand>> = {
  inspect: inspectCommand,
  verify: verifyCommand,
  export: exportCommand,
  prune: pruneCommand,
};

const EXIT_BAD_CONFIG = 2;

/** Runs `heapscope history …` and answers with the exit code. */
export async function runHistoryCommand(
  argv: readonly string[],
  environment: Environment,
  terminal: Terminal
): Promise<number> {
  const [name = '', ...rest] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const asksForHelp = ['', '--help', '-h', 'help'].includes(name);
    terminal[asksForHelp ? 'out' : 'err'].write(asksForHelp ? overview() : `"${name}" is no command.\n\n${overview()}`);
    return asksForHelp ? 0 : EXIT_BAD_CONFIG;
  }
  try {
    const given = readFlags(rest, { ...command.flags, ...COMMON_FLAGS });
    if (given.is('help')) {
      terminal.out.write(helpOf(name, command));
      return 0;
    }
    return await command.run(historyFolder(given, environment), given, terminal);
  } catch (error) {
    if (!(error instanceof HeapscopeError)) {
      throw error;
    }
    terminal.err.write(`${error.message}\n`);
    return error.code === 'bad_config' ? EXIT_BAD_CONFIG : 1;
  }
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    'Looks at a history on disk, checks it, takes values out of it, or removes some.',
    '',
    'Usage: heapscope history COMMAND [--name=value …]',
    '',
    ...lines,
    '',
    '`heapscope history COMMAND --help` tells the flags of a command. All but prune work beside a running backend.',
    '',
  ].join('\n');
}

/** The text of `--help` of a command. */
function helpOf(name: string, { summary, details, flags }: HistoryCommand): string {
  const entries = Object.entries({ ...flags, ...COMMON_FLAGS }).map(
    ([flag, { shape, description, isRepeatable }]) =>
      `  --${flag}${shape === '' ? '' : `=${shape}`}\n      ${description}${isRepeatable ? ' May be repeated.' : ''}`
  );
  return [summary, '', `Usage: heapscope history ${name} [--name=value …]`, '', details, '', ...entries, ''].join('\n');
}
