import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a start of the real process printed on standard error, line by line, and how it ended. */
interface Ended {
  readonly code: number | null;
  readonly errors: string[];
}

const folder = mkdtempSync(join(tmpdir(), 'heapscope-start-'));
const MAIN = join(__dirname, '..', '..', 'backend', 'main.ts');

afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the backend with these flags and waits for its end; `stopAt` ends it in an orderly way once that was printed. */
function start(flags: readonly string[], stopAt?: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...flags], { env: { PATH: process.env.PATH }, cwd: folder });
  let errors = '';
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
    if (stopAt?.test(errors) && !child.killed) {
      child.kill('SIGTERM');
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, errors: errors.trimEnd().split('\n') }));
  });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a flag that does not exist is named, with the one that was meant', async () => {
  const { code, errors } = await start(['--metric-resolutoin=30s']);
  expect(code).toBe(2);
  expect(errors).toEqual([expect.stringMatching(/^--metric-resolutoin is not a flag .*--metric-resolution/)]);
}, 20_000);

test('all problems of the settings come together, a sentence each', async () => {
  const { code, errors } = await start(['--metric-resolution=1s', '--heapster-port=99999', '--nonsense']);
  expect(code).toBe(2);
  expect(errors).toEqual([
    '--nonsense is not a flag of Heapscope; --help lists them all.',
    '--metric-resolution=1s: metric-resolution must be at least 5s.',
    '--heapster-port=99999: heapster-port must be a whole number from 0 to 65535.',
  ]);
}, 20_000);

test('a kubeconfig that is not there is named with its path', async () => {
  const path = join(folder, 'missing');
  const { code, errors } = await start([`--kubeconfig=${path}`, '--heapster-port=0']);
  expect(code).toBe(2);
  expect(errors).toEqual([`--kubeconfig=${path}: the kubeconfig ${path} does not exist.`]);
}, 20_000);

test.each([
  [
    'is not YAML',
    '{ this is: not [ a kubeconfig',
    /WARN +Kubeconfig PATH could not be read: missed comma between flow collection entries \(1:16\)\. Check the path, its permissions and its YAML\. Trying on\.$/,
  ],
  [
    'has no context',
    'apiVersion: v1\nkind: Config\nclusters: []\n',
    /WARN +Kubeconfig PATH has no current context\. Name one, or set it with `kubectl config use-context`\. Trying on\.$/,
  ],
])(
  'a kubeconfig that %s is told in one line; the backend waits for a better one and serves meanwhile',
  async (_what, content, sentence) => {
    const path = file('kubeconfig', content);
    const { code, errors } = await start([`--kubeconfig=${path}`, '--heapster-port=0'], /Heapscope is at .*\n/);
    expect(errors[0].replaceAll(path, 'PATH')).toMatch(sentence);
    expect(errors[1]).toContain('Heapscope is at http://127.0.0.1:');
    expect(code).toBe(0);
  },
  20_000
);
