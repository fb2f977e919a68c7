import { clusterSettings } from './settingsOfCluster.ts';
import { historySettings } from './settingsOfHistory.ts';
import { metricsApiSettings } from './settingsOfMetricsApi.ts';
import { remoteSettings } from './settingsOfRemote.ts';
import { serverSettings } from './settingsOfServer.ts';
import type { Setting, ValueOf } from './setting.ts';

/** Every setting there is, in the order `--help` and the documentation list them. */
export const SETTINGS = {
  ...clusterSettings,
  ...historySettings,
  ...remoteSettings,
  ...serverSettings,
  ...metricsApiSettings,
};

export type SettingName = keyof typeof SETTINGS;

/** Value per setting, defaults filled in. */
export type SettingValues = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Names that may be written on the command line or into the file. */
export const PUBLIC_NAMES: readonly string[] = SETTING_NAMES.filter((name) => !describeSetting(name).secret);

/** Whether a name (in its form with dashes) is a setting. */
export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The table's row of a setting, without its value type. */
export function describeSetting(name: SettingName): Setting<unknown> {
  return SETTINGS[name];
}
