// Runs the backend and rebuilds the plugin whenever a file changes: `npm run dev`. Ctrl-C ends both.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const webpack = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', 'node_modules/webpack-cli/bin/cli.js'];
const commands = [
  ['--watch', '--watch-preserve-output', 'backend/main.ts', ...process.argv.slice(2)],
  [...webpack, '--disable-interpret', '-w', '-c', './.config/webpack/webpack.config.ts', '--env', 'development'],
];

const children = commands.map((args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }));
const stop = () => children.forEach((child) => child.kill('SIGTERM'));
process.on('SIGTERM', stop);
// A terminal sends Ctrl-C to the children as well.
process.on('SIGINT', () => process.stdin.isTTY || stop());
children.forEach((child) =>
  child.on('exit', (code) => {
    process.exitCode ||= code ?? 0;
    stop();
  })
);
