import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One self-contained page and the policy that allows exactly its own script and style. */
export interface StatusPage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** Parts of the script in the order they follow each other on the page. */
export const SCRIPTS = ['elements.js', 'format.js', 'charts.js', 'overview.js', 'nodesTable.js', 'page.js'];

/** Puts the files of the folder `page` together into one document without any outside address. */
export function loadStatusPage(folder = new URL('./page/', import.meta.url)): StatusPage {
  const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
  const style = read('style.css');
  const script = joinScripts(SCRIPTS.map(read));
  const html = read('index.html')
    .replace(/<style>[^<]*<\/style>/, () => `<style>${style}</style>`)
    .replace(/<script>[^<]*<\/script>/, () => `<script>${script}</script>`);
  const contentSecurityPolicy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "style-src-attr 'none'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, contentSecurityPolicy };
}

/** The files are modules for their tests; inside of the page they are one script, so imports and exports go. */
export function joinScripts(sources: readonly string[]): string {
  const joined = sources.map((source) => source.replace(/^import [^;]*;\n/gm, '').replace(/^export /gm, '')).join('\n');
  return `'use strict';\n(() => {\n${joined}\n})();\n`;
}

function hashOf(inline: string): string {
  return `sha256-${createHash('sha256').update(inline).digest('base64')}`;
}
