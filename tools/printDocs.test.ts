import { existsSync, readFileSync } from 'node:fs';
import { DOCS_FOLDER, DOCUMENTS } from './printDocs.ts';

test.each(Object.entries(DOCUMENTS))(
  'docs/%s says what the program says; if not, run `npm run docs`',
  (name, print) => {
    const file = new URL(name, DOCS_FOLDER);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'missing: run `npm run docs`').toBe(print());
  }
);
