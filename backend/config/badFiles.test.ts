import { readdirSync, readFileSync } from 'node:fs';
import { sentenceOf } from '../errors.ts';
import { loadConfig } from './loadConfig.ts';
import { readTextFrom } from './testdata/files.ts';

const FOLDER = new URL('./testdata/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.bad.yml'));

describe('a file of settings with one mistake', () => {
  test.each(files)('%s is refused with the one sentence of its first line', (name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const expected = text.split('\n')[0].replace(/^# /, '');
    const readTextFile = readTextFrom({ 'settings.yml': text, 'readable.pem': 'PEM' });
    let answer = 'accepted';
    try {
      loadConfig(['--config=settings.yml'], {}, readTextFile);
    } catch (error) {
      answer = sentenceOf(error);
    }
    expect(answer).toBe(expected);
  });
});
