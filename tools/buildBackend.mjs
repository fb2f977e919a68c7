// Bundles the backend, the thread of its history and the simulator into files that need no node_modules: build/*.mjs.
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Packages that are CommonJS inside ask for `require`, which an ES module has not of its own. */
const REQUIRE =
  "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);";

/** Bundles entry points (name of the output to file) into a folder, with what the status page is made of beside them. */
export async function buildBackend(entries, folder) {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: entries,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'external',
    banner: { js: REQUIRE },
    // The text of a program is kept in memory while it runs. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
  Object.keys(entries).forEach((name) => refuseWideText(join(folder, `${name}.mjs`)));
  cpSync(join(root, 'backend/api/self/page'), join(folder, 'page'), {
    recursive: true,
    filter: (source) => !source.includes('.test.'),
  });
}

/** The text of a program takes a byte per character in memory, but two of each if a single one is beyond ASCII. */
function refuseWideText(file) {
  const [found] = /.{0,40}[^\x00-\x7f].{0,40}/u.exec(readFileSync(file, 'utf8')) ?? [];
  if (found !== undefined) {
    throw new Error(
      `${file} would take twice its room in memory: write "${found}" with \\u escapes. esbuild does so except in patterns.`
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const entries = {
    heapscope: join(root, 'backend/main.ts'),
    historyThread: join(root, 'backend/history/historyThread.ts'),
    simulator: join(root, 'simulator/main.ts'),
  };
  const missing = Object.values(entries).filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.error(`There is no ${missing.join(' and no ')} to build from.`);
    process.exit(1);
  }
  const folder = resolve(root, 'build');
  await buildBackend(entries, folder);
  console.log('Built build/heapscope.mjs, build/historyThread.mjs and build/simulator.mjs.');
}
