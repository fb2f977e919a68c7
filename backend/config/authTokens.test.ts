import { sentenceOf } from '../errors.ts';
import { createToken } from './authTokens.ts';
import type { AuthConfig } from './config.ts';
import { loadConfig } from './loadConfig.ts';
import { readTextFrom } from './testdata/files.ts';

const LONG = 'abcdefghijklmnopqrstuvwxyz';

function authOf(
  flags: string[],
  variables: Record<string, string> = {},
  files: Record<string, string> = {}
): AuthConfig {
  return loadConfig(['--simulate=3', ...flags], variables, readTextFrom(files)).config.auth;
}

function problemOf(flags: string[], variables: Record<string, string>, files: Record<string, string>): string {
  try {
    authOf(flags, variables, files);
    return 'accepted';
  } catch (error) {
    return sentenceOf(error);
  }
}

test('the token of the environment sees everything', () => {
  expect(authOf([], { HEAPSCOPE_AUTH_TOKEN: LONG })).toEqual({
    mode: 'token',
    tokens: [{ token: LONG, namespaces: 'all' }],
  });
});

test('the file holds one token per line, with comments, and namespaces it is bound to', () => {
  const file = `# for Grafana\n${LONG}1\n\n${LONG}2 team-a,team-b\r\n${LONG}3  team-c, team-d\n`;
  expect(authOf(['--auth-token-file=tokens'], {}, { tokens: file }).tokens).toEqual([
    { token: `${LONG}1`, namespaces: 'all' },
    { token: `${LONG}2`, namespaces: ['team-a', 'team-b'] },
    { token: `${LONG}3`, namespaces: ['team-c', 'team-d'] },
  ]);
});

test('a file that does not exist is where a new token goes', () => {
  expect(authOf(['--auth-token-file=/new'])).toEqual({ mode: 'token', tokens: [], newTokenFile: '/new' });
});

test('a mistake in the file is told by its line, never by the token', () => {
  const files = { tokens: `short\n${LONG} Not_A_Namespace\n${LONG}ü\n` };
  const problem = problemOf(['--auth-token-file=tokens'], {}, files);
  expect(problem.split('\n')).toEqual([
    '--auth-token-file=tokens, line 1: the token is too short; take at least 16 characters.',
    '--auth-token-file=tokens, line 2: "Not_A_Namespace" is not the name of a namespace.',
    '--auth-token-file=tokens, line 3: the token may hold only letters, digits and . _ ~ + / = -.',
  ]);
  expect(problemOf([], { HEAPSCOPE_AUTH_TOKEN: 'hush' }, {})).not.toContain('hush');
  expect(problemOf(['--auth-token=hush-hush-hush-hush'], {}, {})).not.toContain('hush');
});

test('an empty file of tokens is a problem, since nobody could ask', () => {
  expect(problemOf(['--auth-token-file=tokens'], {}, { tokens: '# none yet\n' })).toContain('holds no token');
});

test('a made token is long, fits into a header and is never the same', () => {
  const tokens = new Set(Array.from({ length: 50 }, createToken));
  expect(tokens.size).toBe(50);
  expect([...tokens].every((token) => /^[A-Za-z0-9_-]{43}$/.test(token))).toBe(true);
});
