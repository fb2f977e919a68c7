import { FOREIGN_FLAGS } from './heapsterFlags.ts';
import { environmentName, GROUPS } from './setting.ts';
import type { Setting, SettingGroup } from './setting.ts';
import { describeSetting, SETTING_NAMES } from './settings.ts';
import type { SettingName } from './settings.ts';

const HELP_WIDTH = 96;
const HELP_INDENT = ' '.repeat(6);

/** The text of `--help`. */
export function helpText(): string {
  const groups = (Object.keys(GROUPS) as SettingGroup[]).map((group) =>
    [`${GROUPS[group]}:`, ...settingsOf(group).map(helpEntry)].join('\n')
  );
  return [
    'heapscope reads the kubelets of a Kubernetes cluster and answers Grafana.',
    '',
    'Usage: heapscope [--name=value …]',
    '       heapscope history COMMAND   (looks into the history on disk; --help tells more)',
    '',
    'Every setting may also stand in the environment (HEAPSCOPE_NAME) or in the file of --config;',
    'flags win over the environment, which wins over the file.',
    '',
    groups.join('\n\n'),
    '',
    'Other:',
    '  --help',
    `${HELP_INDENT}Show this text.`,
    '  --version',
    `${HELP_INDENT}Show the version.`,
    '',
  ].join('\n');
}

function settingsOf(group: SettingGroup): SettingName[] {
  return SETTING_NAMES.filter((name) => describeSetting(name).group === group);
}

function helpEntry(name: SettingName): string {
  const setting = describeSetting(name);
  const head = setting.secret
    ? `${environmentName(name)}=${setting.shape}`
    : `--${name}${setting.shape === '' ? '' : `=${setting.shape}`}`;
  const text = `${setting.description} ${defaultSentence(setting)}`.trim().replaceAll('`', '');
  return `  ${head}\n${wrap(text)}`;
}

function defaultSentence(setting: Setting<unknown>): string {
  const words =
    setting.defaultWords ??
    (setting.default === undefined || setting.default === 'false' ? undefined : setting.default);
  return [setting.repeatable === 'joined' ? 'May be repeated.' : '', words === undefined ? '' : `Default: ${words}.`]
    .join(' ')
    .trim();
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && HELP_INDENT.length + last.length + 1 + word.length > HELP_WIDTH) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    }
  }
  return lines.map((line) => `${HELP_INDENT}${line}`).join('\n');
}

/** One heading of the documentation with its settings as table rows. */
export interface DocumentedGroup {
  readonly title: string;
  readonly rows: ReadonlyArray<{
    readonly flag: string;
    readonly variable: string;
    readonly default: string;
    readonly description: string;
  }>;
}

/** The settings as the documentation prints them. */
export function documentedGroups(): DocumentedGroup[] {
  return (Object.keys(GROUPS) as SettingGroup[]).map((group) => ({
    title: GROUPS[group],
    rows: settingsOf(group).map((name) => {
      const setting = describeSetting(name);
      return {
        flag: setting.secret ? '' : `--${name}${setting.shape === '' ? '' : `=${setting.shape}`}`,
        variable: environmentName(name),
        default: setting.defaultWords ?? (setting.default === undefined ? '' : `\`${setting.default}\``),
        description: [
          setting.description,
          setting.repeatable === 'joined' ? 'May be repeated.' : '',
          setting.heapster ? 'Heapster had it.' : '',
        ]
          .filter((part) => part !== '')
          .join(' '),
      };
    }),
  }));
}

/** Flags of Heapster and metrics-server that are accepted without effect, and those that are refused with the reason. */
export function documentedForeignFlags(): { noEffect: string[]; refused: Array<{ flag: string; instead: string }> } {
  const noEffect: string[] = [];
  const refused: Array<{ flag: string; instead: string }> = [];
  for (const [name, foreign] of FOREIGN_FLAGS) {
    if (foreign.kind === 'no_effect') {
      noEffect.push(`--${name}`);
    } else if (foreign.kind === 'refused') {
      refused.push({ flag: `--${name}`, instead: foreign.instead });
    }
  }
  return { noEffect, refused };
}
