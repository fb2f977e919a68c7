import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, stop } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the plugin as it is released, into `folder`. */
export async function buildPlugin(folder: string): Promise<void> {
  // The scaffold puts the version into the files of `dist`, wherever the plugin is built to, and stops if it is not there.
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const webpack = ['webpack', '--disable-interpret', '-c', './.config/webpack/webpack.config.ts'];
  await promisify(execFile)(
    process.execPath,
    ['tools/node24.mjs', ...webpack, '--env', 'production', '--output-path', folder],
    { cwd: ROOT }
  );
}

/** Builds the page that stands in for Grafana, with Grafana's own packages in it, into `folder`. */
export async function buildPage(folder: string): Promise<void> {
  await build({
    entryPoints: [join(ROOT, 'tests/browser/page/main.tsx')],
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    loader: { '.svg': 'dataurl', '.woff': 'empty', '.woff2': 'empty', '.ttf': 'empty' },
    logLevel: 'error',
  });
  // Its service would outlive the tests.
  await stop();
}
