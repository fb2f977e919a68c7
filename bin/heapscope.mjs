#!/usr/bin/env node
// Starts the built backend on Node 24, whatever Node runs this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findNode24 } from '../tools/node24.mjs';

const build = fileURLToPath(new URL('../build/heapscope.mjs', import.meta.url));

if (!existsSync(build)) {
  console.error('Heapscope is not built yet: run `npm run build:backend` once.');
  process.exit(1);
}

let node;
try {
  node = findNode24();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

if (node === process.execPath) {
  process.argv[1] = build;
  await import('../build/heapscope.mjs');
} else {
  const child = spawn(node, [...process.execArgv, build, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both; a second one would end the backend without its farewell.
    const arrivesAnyway = signal === 'SIGINT' && process.stdin.isTTY;
    process.on(signal, () => arrivesAnyway || child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`Heapscope cannot be started by ${node}: ${error.message}.`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
}
