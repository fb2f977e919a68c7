import { defineConfig } from 'eslint/config';
import { readdirSync } from 'node:fs';
import importPlugin from 'eslint-plugin-import';
import scaffold from './.config/eslint.config.mjs';

const BACKEND = 'backend/**/*.ts';
const TYPED = [BACKEND, 'simulator/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts'];
const OURS = [...TYPED, 'src/**/*.{ts,tsx}', 'tests/**/*.{ts,tsx}'];
/** Tests may cross rooms: they play the part of main.ts. */
const TESTS = ['**/*.test.{ts,tsx}', '**/testdata/**', '**/testing/**'];

/** Folders of `backend/`, and what of `backend/` each may import beside itself (the table in CONTRIBUTING.md). */
const ROOMS = {
  model: [],
  contract: [],
  telemetry: [],
  config: ['model', 'errors.ts'],
  kubernetes: ['model', 'errors.ts'],
  kubelet: ['model', 'errors.ts'],
  pipeline: ['model', 'errors.ts'],
  store: ['model', 'errors.ts'],
  history: ['model', 'errors.ts'],
  historyCommand: ['history', 'model', 'errors.ts'],
  query: ['model', 'errors.ts'],
  sinks: ['model', 'errors.ts'],
  remote: ['model', 'errors.ts'],
  api: ['query', 'model', 'contract', 'errors.ts'],
};

const doors = readdirSync(new URL('./backend/api', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
  .map((entry) => `./backend/api/${entry.name}`);

/** Which folder may import which file. */
const zones = [
  ...Object.entries(ROOMS).map(([room, others]) => ({
    target: `./backend/${room}`,
    from: './backend',
    except: [room, ...others].map((name) => `./${name}`),
    message:
      `backend/${room} may import ${others.length > 0 ? `only ${others.join(', ')}` : 'nothing else of ours'}. ` +
      'Declare the interface it needs there and let main.ts join the rooms.',
  })),
  ...doors.map((door) => ({
    target: door,
    from: doors.filter((other) => other !== door),
    message: 'A door never imports another one: move what both need to backend/query or beside backend/api/app.ts.',
  })),
  {
    target: './backend/errors.ts',
    from: './backend',
    message: 'backend/errors.ts imports nothing of ours.',
  },
  {
    target: './backend/collector.ts',
    from: './backend',
    except: [
      'kubernetes',
      'kubelet',
      'pipeline',
      'store',
      'model',
      'errors.ts',
      'rounds.ts',
      'turns.ts',
      'cadvisorSource.ts',
      'statistics.ts',
    ].map((name) => `./${name}`),
    message:
      'The collector is the line from kubelet to store, on the beat of rounds.ts and by the turns of turns.ts; main.ts hands it everything else.',
  },
  {
    target: ['./backend/cadvisorSource.ts', './backend/statistics.ts'],
    from: './backend',
    except: ['kubelet', 'pipeline', 'model', 'errors.ts'].map((name) => `./${name}`),
    message: 'What asks kubelets is a part of the line: the collector hands it everything else.',
  },
  {
    target: ['./backend', './src', './simulator', './bench'],
    from: './backend/main.ts',
    message: 'Nobody imports main.ts: it wires the rooms and starts them.',
  },
  {
    target: './src',
    from: './backend',
    except: ['./contract'],
    message: 'The plugin knows the backend by backend/contract alone.',
  },
  {
    target: ['./src', ...Object.keys(ROOMS).map((room) => `./backend/${room}`), './backend/collector.ts'],
    from: ['./simulator', './bench', './tools'],
    message: 'Simulator, benchmarks and tools use the product, not the other way round.',
  },
  {
    target: ['./backend', './simulator', './bench'],
    from: './src',
    message: 'Only the browser loads src; what both sides need is in backend/contract.',
  },
];

const PACKAGES = [
  { name: 'express', home: 'backend/api', files: 'backend/api/**/*.ts' },
  { name: '@kubernetes/client-node', home: 'backend/kubernetes', files: 'backend/kubernetes/**/*.ts' },
];

/** Options of `no-restricted-imports` for files that may use `allowed` of the packages that have one home. */
function packagesBut(allowed = []) {
  const paths = PACKAGES.filter(({ name }) => !allowed.includes(name)).map(({ name, home }) => ({
    name,
    message: `${name} is imported in ${home} only.`,
  }));
  return [
    'error',
    {
      paths: [
        ...paths,
        { name: 'node:process', importNames: ['env'], message: 'Read the environment in backend/config.' },
      ],
    },
  ];
}

const browserPackages = [
  'error',
  {
    paths: [
      ...PACKAGES.map(({ name, home }) => ({ name, message: `${name} is imported in ${home} only.` })),
      {
        name: '@grafana/runtime',
        importNames: ['getBackendSrv'],
        message: 'getBackendSrv is imported in src/backendClient.ts only: no other file talks HTTP.',
      },
    ],
    patterns: [
      {
        group: ['**/backend/contract/*'],
        allowTypeImports: true,
        message: 'The contract is types only: write `import type`.',
      },
      { group: ['node:*'], message: 'The plugin runs in the browser.' },
    ],
  },
];

/** Rules that need the types of the program. */
const TYPED_RULES = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': 'error',
};

export default defineConfig([
  {
    ignores: [
      'dist/',
      'build/',
      'coverage/',
      'artifacts/',
      'test-results/',
      'playwright-report/',
      'blob-report/',
      '.config/',
      '**/testdata/',
    ],
  },
  ...scaffold,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    name: 'heapscope/everything',
    files: OURS,
    plugins: { import: importPlugin },
    settings: {
      'import/resolver': {
        typescript: { project: ['./tsconfig.json', './backend/tsconfig.json'], noWarnOnMultipleProjects: true },
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      'no-empty': 'error',
      // `import type` beside `import` is two statements for one module.
      'no-duplicate-imports': 'off',
      'import/no-duplicates': 'error',
      // Hard stops; the house aims at 200 and 35 (CONTRIBUTING.md).
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    name: 'heapscope/typed',
    files: TYPED,
    languageOptions: { parserOptions: { project: './backend/tsconfig.json' } },
    rules: TYPED_RULES,
  },
  {
    name: 'heapscope/typed tests',
    files: ['tests/**/*.ts'],
    ignores: ['tests/browser/**', 'tests/e2e/**'],
    languageOptions: { parserOptions: { project: './tests/tsconfig.json' } },
    rules: TYPED_RULES,
  },
  {
    name: 'heapscope/node',
    files: [...TYPED, 'tests/**/*.ts'],
    rules: {
      'import/no-default-export': 'error',
      // Node has no hooks; a function that begins with `use` is a function.
      'react-hooks/rules-of-hooks': 'off',
    },
  },
  { name: 'heapscope/lists', files: ['backend/model/catalogue*.ts'], rules: { 'max-lines': 'off' } },
  {
    name: 'heapscope/rooms',
    files: OURS,
    ignores: TESTS,
    rules: { 'import/no-restricted-paths': ['error', { zones }] },
  },
  {
    name: 'heapscope/backend',
    files: [BACKEND],
    ignores: TESTS,
    rules: {
      '@typescript-eslint/no-restricted-imports': packagesBut(),
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read the environment in backend/config.' },
      ],
    },
  },
  ...PACKAGES.map(({ name, files }) => ({
    name: `heapscope/home of ${name}`,
    files: [files],
    ignores: TESTS,
    rules: { '@typescript-eslint/no-restricted-imports': packagesBut([name]) },
  })),
  {
    name: 'heapscope/config',
    files: ['backend/config/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    name: 'heapscope/plugin',
    files: ['src/**/*.{ts,tsx}'],
    ignores: [...TESTS, 'src/backendClient.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': browserPackages },
  },
  {
    name: 'heapscope/tests',
    files: TESTS,
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
]);
