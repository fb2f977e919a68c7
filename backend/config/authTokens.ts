import { randomBytes } from 'node:crypto';
import { sentenceOf } from '../errors.ts';
import type { AuthConfig, TokenGrant } from './config.ts';
import type { Settings } from './gather.ts';
import type { ReadTextFile } from './otherPlaces.ts';
import { readFailure } from './readFailure.ts';
import type { Parsed } from './values.ts';

const SHORTEST_TOKEN = 16;
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A fresh token: 32 random bytes, safe in headers, files and shells. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Brings the tokens of the environment and of the file together. No sentence ever shows a token. */
export function readAuth(settings: Settings, readTextFile: ReadTextFile): AuthConfig {
  const { values, problems, notes } = settings;
  const mode = values.auth;
  const path = values['auth-token-file'];
  if (mode !== 'token') {
    for (const name of ['auth-token', 'auth-token-file'] as const) {
      if (settings.isGiven(name)) {
        notes.push(`${settings.shown(name)} has no effect with ${settings.shown('auth')}.`);
      }
    }
    return { mode, tokens: [] };
  }
  const tokens: TokenGrant[] = [];
  if (values['auth-token'] !== undefined) {
    const checked = checkToken(values['auth-token'].trim());
    if ('problem' in checked) {
      problems.push(`${settings.shown('auth-token')}: the token ${checked.problem}.`);
    } else {
      tokens.push({ token: checked.value, namespaces: 'all' });
    }
  }
  if (path === undefined) {
    return { mode, tokens };
  }
  if (readFailure(path, readTextFile) === 'absent') {
    return tokens.length > 0 ? { mode, tokens } : { mode, tokens, newTokenFile: path };
  }
  return { mode, tokens: [...tokens, ...readTokenFile(path, settings, readTextFile)] };
}

function readTokenFile(path: string, settings: Settings, readTextFile: ReadTextFile): TokenGrant[] {
  const shown = settings.shown('auth-token-file');
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    settings.problems.push(`${shown}: the file cannot be read: ${sentenceOf(error)}.`);
    return [];
  }
  const problemsBefore = settings.problems.length;
  const grants = text.split(/\r?\n/).flatMap((line, index): TokenGrant[] => {
    const parsed = parseLine(line);
    if (parsed !== undefined && 'problem' in parsed) {
      settings.problems.push(`${shown}, line ${index + 1}: ${parsed.problem}.`);
    }
    return parsed !== undefined && 'value' in parsed ? [parsed.value] : [];
  });
  if (grants.length === 0 && settings.problems.length === problemsBefore) {
    settings.problems.push(
      `${shown}: the file holds no token; write one per line, or remove the file to have one made.`
    );
  }
  return grants;
}

function parseLine(line: string): Parsed<TokenGrant> | undefined {
  const [token, ...rest] = line.trim().split(/\s+/);
  if (token === '' || token.startsWith('#')) {
    return undefined;
  }
  const checked = checkToken(token);
  if ('problem' in checked) {
    return { problem: `the token ${checked.problem}` };
  }
  const namespaces = rest
    .join('')
    .split(',')
    .filter((name) => name !== '');
  const wrong = namespaces.find((name) => !NAMESPACE.test(name));
  if (wrong !== undefined) {
    return { problem: `"${wrong}" is not the name of a namespace` };
  }
  return { value: { token, namespaces: rest.length === 0 ? 'all' : namespaces } };
}

function checkToken(token: string): Parsed<string> {
  if (token.length < SHORTEST_TOKEN) {
    return { problem: `is too short; take at least ${SHORTEST_TOKEN} characters` };
  }
  return /^[A-Za-z0-9._~+/=-]+$/.test(token)
    ? { value: token }
    : { problem: 'may hold only letters, digits and . _ ~ + / = -' };
}
