import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataDirectory, setAside } from './dataDirectory.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

afterAll(removeTemporaryFolders);

const markIn = (path: string) => join(path, 'heapscope-history.json');

test('a new folder gets a mark of the format, and opens again', () => {
  const path = join(temporaryFolder(), 'deep', 'history');
  const directory = openDataDirectory(path);
  expect(JSON.parse(readFileSync(markIn(path), 'utf8'))).toMatchObject({ product: 'heapscope', formatVersion: 1 });
  expect(readdirSync(path).sort()).toEqual(['damaged', 'heapscope-history.json', 'inventory', 'segments', 'wal']);
  expect(openDataDirectory(path)).toEqual(directory);
});

test('a history that a newer version wrote is left alone', () => {
  const path = temporaryFolder();
  writeFileSync(markIn(path), JSON.stringify({ product: 'heapscope', formatVersion: 2 }));
  expect(() => openDataDirectory(path)).toThrow(
    `The history in ${path} has format 2; this Heapscope reads up to 1. Start the newer version again, or give another folder.`
  );
  expect(readdirSync(path)).toEqual(['heapscope-history.json']);
});

test.each(['', '{', '{}', '{"formatVersion":"1"}', '{"formatVersion":0}', 'null'])(
  'a mark that says %j is refused',
  (text) => {
    const path = temporaryFolder();
    writeFileSync(markIn(path), text);
    expect(() => openDataDirectory(path)).toThrow(expect.objectContaining({ code: 'history_format' }));
  }
);

test('a folder of other things is not taken over', () => {
  const path = temporaryFolder();
  writeFileSync(join(path, 'holiday.jpg'), '');
  expect(() => openDataDirectory(path)).toThrow(expect.objectContaining({ code: 'history_format' }));
});

test('a start that ended before the mark had its name is repeated', () => {
  const path = temporaryFolder();
  writeFileSync(`${markIn(path)}.part`, '{"prod');
  openDataDirectory(path);
  expect(existsSync(markIn(path))).toBe(true);
});

test('a path that is no folder is named in the refusal', () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  expect(() => openDataDirectory(path)).toThrow(expect.objectContaining({ code: 'history_unusable' }));
});

test('damaged files of the same name are all kept', () => {
  const directory = openDataDirectory(temporaryFolder());
  const path = join(directory.segments, 'a.seg');
  const targets = ['first', 'second', 'third'].map((text) => {
    writeFileSync(path, text);
    return setAside(directory, path);
  });
  expect(targets.map((target) => readFileSync(target, 'utf8'))).toEqual(['first', 'second', 'third']);
  expect(readdirSync(directory.segments)).toEqual([]);
});
