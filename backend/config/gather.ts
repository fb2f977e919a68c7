import { readCommandLine } from './commandLine.ts';
import { readSettingsFile, readVariables } from './otherPlaces.ts';
import type { Environment, ReadTextFile } from './otherPlaces.ts';
import type { Given, Origin } from './setting.ts';
import { describeSetting, isSetting, SETTING_NAMES } from './settings.ts';
import type { SettingName, SettingValues } from './settings.ts';

/** All settings with their values, and how each was written where somebody gave it. */
export interface Settings {
  readonly values: SettingValues;
  /** Whether somebody gave the setting, rather than leaving it at its default. */
  isGiven(name: SettingName): boolean;
  /** Whether what somebody gave could not be read; then the value is the default. */
  isUnreadable(name: SettingName): boolean;
  /** The setting for a sentence, as the person wrote it. */
  shown(name: SettingName): string;
  readonly problems: string[];
  readonly notes: string[];
}

const PRECEDENCE: readonly Origin[] = ['flag', 'environment', 'file'];

/** Brings flags, environment and file together, the first winning over the next, and parses every value. */
export function gatherSettings(
  argv: readonly string[],
  environment: Environment,
  readTextFile: ReadTextFile
): Settings {
  const places = [readCommandLine(argv), readVariables(environment)];
  const file = places
    .map((place) => place.given.findLast((entry) => entry.name === 'config'))
    .find((entry) => entry !== undefined);
  if (file && file.text !== '') {
    places.push(readSettingsFile(file.text, readTextFile));
  }
  const problems = places.flatMap((place) => place.problems);
  const notes = places.flatMap((place) => place.notes);
  const winners = winnersByName(places.flatMap((place) => place.given));
  const values: Record<string, unknown> = {};
  const unreadable = new Set<SettingName>();
  for (const name of SETTING_NAMES) {
    const problemsBefore = problems.length;
    values[name] = valueOf(name, winners.get(name) ?? [], problems);
    if (problems.length > problemsBefore) {
      unreadable.add(name);
    }
  }
  return {
    values: values as SettingValues,
    isGiven: (name) => winners.has(name),
    isUnreadable: (name) => unreadable.has(name),
    shown: (name) => winners.get(name)?.at(-1)?.shown ?? shownDefault(name),
    problems,
    notes,
  };
}

/** Per setting the values of the strongest place that has any: all of them if it may repeat, else the last. */
function winnersByName(given: readonly Given[]): Map<SettingName, Given[]> {
  const winners = new Map<SettingName, Given[]>();
  for (const origin of PRECEDENCE) {
    for (const entry of given.filter((candidate) => candidate.origin === origin)) {
      if (!isSetting(entry.name)) {
        continue;
      }
      const held = winners.get(entry.name);
      if (held === undefined) {
        winners.set(entry.name, [entry]);
      } else if (held[0].origin === origin) {
        winners.set(entry.name, describeSetting(entry.name).repeatable ? [...held, entry] : [entry]);
      }
    }
  }
  return winners;
}

function valueOf(name: SettingName, given: readonly Given[], problems: string[]): unknown {
  const setting = describeSetting(name);
  const parsed: unknown[] = [];
  for (const entry of given) {
    const result = setting.parse(entry.text);
    if ('value' in result) {
      parsed.push(result.value);
    } else {
      problems.push(`${entry.shown}: ${name} ${result.problem}.`);
    }
  }
  if (setting.repeatable) {
    return given.length === 0 ? undefined : parsed.flat();
  }
  return parsed.length > 0 ? parsed[0] : defaultOf(name);
}

function defaultOf(name: SettingName): unknown {
  const setting = describeSetting(name);
  const result = setting.default === undefined ? undefined : setting.parse(setting.default);
  return result && 'value' in result ? result.value : undefined;
}

function shownDefault(name: SettingName): string {
  const { default: text } = describeSetting(name);
  return text === undefined ? `--${name} (not given)` : `--${name} (default ${text})`;
}
