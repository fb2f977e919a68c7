import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..');

interface Case {
  path: string;
  text: string;
  /** Part of the one message; undefined: the text is allowed. */
  message?: string;
}

/** Any source file of a folder; the rules look at files that exist. */
function fileOf(folder: string): string {
  const entry = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).find(
    (candidate) => candidate.isFile() && /(?<!\.test|\.d)\.ts$/.test(candidate.name)
  );
  if (!entry) {
    throw new Error(`${folder} has no source file.`);
  }
  return relative(ROOT, join(entry.parentPath, entry.name));
}

/** How a file at `importer` would import `imported`. */
function importing(importer: string, imported: string): string {
  const path = relative(join(ROOT, importer, '..'), join(ROOT, imported));
  return `export * from '${path.startsWith('.') ? path : `./${path}`}';\n`;
}

function crossing(importer: string, imported: string, message?: string): Case {
  return { path: importer, text: importing(importer, imported), message };
}

const ROOMS_APART = ['config', 'kubernetes', 'kubelet', 'pipeline', 'store', 'query', 'sinks', 'remote'].filter(
  (room) => existsSync(join(ROOT, 'backend', room))
);

const cases: Case[] = [
  ...ROOMS_APART.flatMap((room) =>
    ROOMS_APART.filter((other) => other !== room).map((other) =>
      crossing(
        `backend/${room}/probe.ts`,
        fileOf(`backend/${other}`),
        `backend/${room} may import only model, errors.ts`
      )
    )
  ),
  ...ROOMS_APART.map((room) => crossing(`backend/${room}/probe.ts`, 'backend/model/catalogue.ts')),
  ...ROOMS_APART.map((room) => crossing(`backend/${room}/probe.ts`, 'backend/errors.ts')),
  ...ROOMS_APART.map((room) => crossing(`backend/${room}/probe.test.ts`, fileOf('backend/kubelet'))),
  crossing('backend/model/probe.ts', 'backend/errors.ts', 'backend/model may import nothing else of ours'),
  crossing('backend/contract/probe.ts', 'backend/model/catalogue.ts', 'nothing else of ours'),
  crossing('backend/telemetry/probe.ts', 'backend/model/catalogue.ts', 'nothing else of ours'),
  crossing('backend/errors.ts', 'backend/model/catalogue.ts', 'imports nothing of ours'),
  crossing('backend/api/grafana/probe.ts', fileOf('backend/store'), 'backend/api may import only'),
  crossing('backend/api/grafana/probe.ts', fileOf('backend/query')),
  crossing('backend/api/grafana/probe.ts', fileOf('backend/contract')),
  crossing('backend/api/grafana/probe.ts', fileOf('backend/api/self'), 'A door never imports another one'),
  crossing('backend/collector.ts', fileOf('backend/query'), 'line from kubelet to store'),
  crossing('backend/collector.ts', fileOf('backend/pipeline')),
  crossing('backend/store/probe.ts', fileOf('simulator'), 'Simulator, benchmarks and tools use the product'),
  crossing('simulator/probe.ts', 'backend/main.ts', 'Nobody imports main.ts'),
  crossing('src/probe.ts', fileOf('backend/model'), 'by backend/contract alone'),
  crossing('src/probe.ts', 'backend/contract/grafana.ts', 'types only'),
  { path: 'src/probe.ts', text: "export type { Level } from '../backend/contract/grafana.ts';\n" },
  {
    path: 'backend/query/probe.ts',
    text: "export { default as e } from 'express';\n",
    message: 'express is imported in backend/api only',
  },
  { path: 'backend/api/probe.ts', text: "export { Router } from 'express';\n" },
  {
    path: 'backend/kubelet/probe.ts',
    text: "export { KubeConfig } from '@kubernetes/client-node';\n",
    message: '@kubernetes/client-node is imported in backend/kubernetes only',
  },
  { path: 'backend/kubernetes/probe.ts', text: "export { KubeConfig } from '@kubernetes/client-node';\n" },
  {
    path: 'backend/store/probe.ts',
    text: 'export const zone = process.env.TZ;\n',
    message: 'environment in backend/config',
  },
  {
    path: 'backend/store/probe.ts',
    text: 'export const { env } = process;\n',
    message: 'environment in backend/config',
  },
  {
    path: 'backend/store/probe.ts',
    text: "export { env } from 'node:process';\n",
    message: 'environment in backend/config',
  },
  { path: 'backend/config/probe.ts', text: 'export const zone = process.env.TZ;\n' },
  {
    path: 'src/components/probe.ts',
    text: "export { getBackendSrv } from '@grafana/runtime';\n",
    message: 'getBackendSrv is imported in src/backendClient.ts only',
  },
  { path: 'src/backendClient.ts', text: "export { getBackendSrv } from '@grafana/runtime';\n" },
  { path: 'src/probe.ts', text: "export { readFileSync } from 'node:fs';\n", message: 'runs in the browser' },
  { path: 'backend/query/probe.ts', text: 'export default 1;\n', message: 'named exports' },
  { path: 'backend/query/probe.ts', text: 'export const x: any = 1;\n', message: 'Unexpected any' },
  { path: 'backend/query/probe.ts', text: 'try {\n  f();\n} catch {}\nfunction f() {}\n', message: 'Empty block' },
];

describe('the import table, as lint enforces it', () => {
  let answers: string[][];

  beforeAll(() => {
    const linter = spawnSync(process.execPath, [join(__dirname, 'lintTexts.mjs')], {
      input: JSON.stringify(cases),
      encoding: 'utf8',
    });
    if (linter.status !== 0) {
      throw new Error(`Linting failed: ${linter.stderr}`);
    }
    answers = JSON.parse(linter.stdout.split('\n').at(-1) ?? '') as string[][];
  }, 60_000);

  test.each(
    cases.map((entry, index) => ({
      ...entry,
      index,
      verb: entry.message ? 'forbids' : 'allows',
      line: entry.text.replaceAll('\n', ' ').trim(),
    }))
  )('$verb in $path: $line', ({ index, message }) => {
    expect(answers[index]).toEqual(message ? [expect.stringContaining(message)] : []);
  });
});
