import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { isSetting } from '../../backend/config/settings.ts';

const ROOT = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const install = read('docs/install.md');
const troubleshooting = read('docs/troubleshooting.md');

/** Of a template, at least so much has to be text, with the end of a sentence: one of two variables is like everything. */
const SHORTEST_TEXT = 15;

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !/\.test\.ts$|testdata|testing/.test(name))
    .map((name) => join(folder, name));
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The texts and templates a program is written with, as patterns: what is put in is anything. */
function sentencesOf(path: string): RegExp[] {
  const patterns: RegExp[] = [];
  const visit = (node: ts.Node): void => {
    const parts = ts.isTemplateExpression(node)
      ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]
      : ts.isStringLiteralLike(node)
        ? [node.text]
        : [];
    const text = parts.join('');
    if (text.length >= SHORTEST_TEXT && text.includes('.')) {
      patterns.push(new RegExp(`^${parts.map(escaped).join('.*')}$`));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest));
  return patterns;
}

test('every sentence that troubleshooting quotes is one that Heapscope says', () => {
  const said = [...sourceFiles('backend'), 'src/backendClient.ts'].flatMap(sentencesOf);
  const quotes = [...troubleshooting.matchAll(/^> (.+)$/gm)].map(([, sentence]) => sentence);
  expect(quotes.length).toBeGreaterThan(15);
  expect(quotes.filter((quote) => !said.some((pattern) => pattern.test(quote)))).toEqual([]);
});

test('a sentence that Heapscope does not say is found', () => {
  const said = sourceFiles('backend').flatMap(sentencesOf);
  expect(said.filter((pattern) => pattern.test('Kubelet on node NODE is out for lunch. Come back later.'))).toEqual([]);
});

test('every flag the guides name is one that the backend knows', () => {
  // What is written to other programs.
  const others = ['authentication-token-webhook', 'server-side', 'set', 'sidecar-host'];
  const named = [install, troubleshooting].flatMap((text) =>
    [...text.matchAll(/`--([a-z][\w-]+)/g)].map(([, flag]) => flag)
  );
  expect(named.filter((flag) => !isSetting(flag) && !others.includes(flag))).toEqual([]);
});

test('install describes every overlay, and names only folders that are there', () => {
  const overlays = readdirSync(join(ROOT, 'deploy/overlays'));
  for (const name of overlays) {
    expect({ name, described: install.includes(`deploy/overlays/${name}`) }).toEqual({ name, described: true });
  }
  const paths = [install, troubleshooting, read('README.md')].flatMap((text) =>
    [...text.matchAll(/(?<![\w/])deploy\/[\w./-]*\w/g)].map(([path]) => path)
  );
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('each cause has how to look and its cure', () => {
  const symptoms = troubleshooting.split(/^### /m).slice(1);
  for (const symptom of symptoms) {
    const title = symptom.split('\n', 1)[0];
    const isList = title === 'Pods do not start';
    expect({
      title,
      isWhole: isList || (/Look/.test(symptom) && /cause/i.test(symptom) && /cure/i.test(symptom)),
    }).toEqual({
      title,
      isWhole: true,
    });
  }
});

test('links between the guides lead somewhere', () => {
  const anchors = (text: string) =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(/\s/g, '-')
    );
  const pages: Record<string, string> = { 'install.md': install, 'troubleshooting.md': troubleshooting };
  for (const [page, text] of Object.entries(pages)) {
    for (const [, file, anchor] of text.matchAll(/\]\(((?:\.\.\/)?[\w.]+)?(?:#([\w-]+))?\)/g)) {
      const target = join('docs', file ?? page);
      const isThere = existsSync(join(ROOT, target)) && (!anchor || anchors(read(target)).includes(anchor));
      expect({ page, file, anchor, isThere }).toMatchObject({ isThere: true });
    }
  }
});
