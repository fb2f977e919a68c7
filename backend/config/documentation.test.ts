import { readFileSync } from 'node:fs';
import { askedFor } from './commandLine.ts';
import { documentedGroups, helpText } from './documentation.ts';
import { loadConfig } from './loadConfig.ts';
import { environmentName } from './setting.ts';
import { describeSetting, PUBLIC_NAMES, SETTING_NAMES } from './settings.ts';
import { readTextFrom } from './testdata/files.ts';
import { VERSION } from './version.ts';

test('--help lists every setting within 100 columns', () => {
  const help = helpText();
  for (const name of PUBLIC_NAMES) {
    expect(help).toContain(`  --${name}`);
  }
  expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

test('every default is a value the setting itself accepts', () => {
  for (const name of SETTING_NAMES) {
    const setting = describeSetting(name);
    if (setting.default !== undefined) {
      expect({ name, ...setting.parse(setting.default) }).toHaveProperty('value');
    }
  }
});

test('the documentation has each setting once, with its variable', () => {
  const variables = documentedGroups().flatMap((group) => group.rows.map((row) => row.variable));
  expect([...variables].sort()).toEqual(SETTING_NAMES.map(environmentName).sort());
});

test('no setting shows a secret: the token is asked for in the environment only', () => {
  expect(PUBLIC_NAMES).not.toContain('auth-token');
  expect(helpText()).toContain('HEAPSCOPE_AUTH_TOKEN=TOKEN');
});

test('--help and --version are recognised among other words', () => {
  expect(askedFor(['--auth=none', '--help'])).toBe('help');
  expect(askedFor(['-h'])).toBe('help');
  expect(askedFor(['--version'])).toBe('version');
  expect(askedFor(['--heapster-port=1'])).toBeUndefined();
});

test('the version is the one of package.json', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(VERSION).toBe(manifest.version);
});

test('a configuration without anything is valid', () => {
  expect(loadConfig([], {}, readTextFrom({})).config.auth).toEqual({ mode: 'token', tokens: [] });
});
