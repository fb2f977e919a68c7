import { LineCounter, parseDocument } from 'yaml';
import { sentenceOf } from '../errors.ts';
import type { Gathered } from './commandLine.ts';
import { canonicalName, environmentName, nearestName } from './setting.ts';
import { describeSetting, isSetting, PUBLIC_NAMES, SETTING_NAMES } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadTextFile = (path: string) => string;

const PREFIX = 'HEAPSCOPE_';
/** Kubernetes puts variables for every Service into every container: `HEAPSCOPE_PORT_8082_TCP`, `HEAPSCOPE_SERVICE_HOST`. */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//;

/** Reads `HEAPSCOPE_…`. An unknown name is a remark only, since others may share the prefix. */
export function readVariables(environment: Environment): Gathered {
  const gathered: Gathered = { given: [], problems: [], notes: [] };
  const names = new Map(SETTING_NAMES.map((name) => [environmentName(name), name]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || text === undefined || SERVICE_LINK_VALUE.test(text)) {
      continue;
    }
    const name = names.get(variable);
    if (name !== undefined) {
      const shown = describeSetting(name).secret ? variable : `${variable}=${text}`;
      gathered.given.push({ name, text, origin: 'environment', shown });
    } else if (!SERVICE_LINK.test(variable)) {
      const near = nearestName(variable, [...names.keys()]);
      gathered.notes.push(`${variable} is not a setting and has no effect${near ? `; did you mean ${near}?` : '.'}`);
    }
  }
  return gathered;
}

/** Reads the file of settings: a YAML mapping of names to values, or to lists for settings that may repeat. */
export function readSettingsFile(path: string, readTextFile: ReadTextFile): Gathered {
  const gathered: Gathered = { given: [], problems: [], notes: [] };
  const content = parseYaml(path, readTextFile, gathered.problems);
  if (content === undefined || content === null) {
    return gathered;
  }
  if (typeof content !== 'object' || Array.isArray(content)) {
    gathered.problems.push(`The file ${path} must hold one "name: value" per line.`);
    return gathered;
  }
  for (const [key, value] of Object.entries(content)) {
    takeEntry(path, key, value, gathered);
  }
  return gathered;
}

function parseYaml(path: string, readTextFile: ReadTextFile, problems: string[]): unknown {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    problems.push(`The file ${path} (--config) cannot be read: ${sentenceOf(error)}.`);
    return undefined;
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  for (const error of document.errors) {
    problems.push(`The file ${path} is not YAML, line ${lineCounter.linePos(error.pos[0]).line}: ${error.message}.`);
  }
  if (document.errors.length > 0) {
    return undefined;
  }
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    problems.push(`The file ${path} cannot be used: ${sentenceOf(error)}.`);
    return undefined;
  }
}

function takeEntry(path: string, key: string, value: unknown, { given, problems }: Gathered): void {
  const name = canonicalName(key);
  if (!isSetting(name) || name === 'config') {
    const near = nearestName(name, PUBLIC_NAMES);
    problems.push(`"${key}" in ${path} is not a setting${near ? `; did you mean "${near}"?` : '.'}`);
    return;
  }
  const setting = describeSetting(name);
  if (setting.secret) {
    problems.push(
      `"${key}" in ${path} is refused; put the token into a file of its own and name it with ${name}-file.`
    );
    return;
  }
  if (Array.isArray(value) && !setting.repeatable) {
    problems.push(`${key} in ${path} must be one value, not a list.`);
    return;
  }
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') {
      given.push({ name, text: String(item), origin: 'file', shown: `${key}: ${String(item)} in ${path}` });
    } else if (setting.structured && typeof item === 'object' && item !== null) {
      given.push({ name, text: JSON.stringify(item), origin: 'file', shown: `${key} in ${path}` });
    } else {
      problems.push(`${key} in ${path} needs a value: ${key}: ${setting.shape || 'true'}.`);
    }
  }
}
