import fc from 'fast-check';
import { join } from 'node:path';
import { GoneFile, writeGoneFile } from './goneFile.ts';
import { compareObjects } from './goneFormat.ts';
import type { HistoryObject } from './inventory.ts';
import { mergedGone } from './mergeGone.ts';
import { goneObjects } from './testing/goneObjects.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';

afterAll(removeTemporaryFolders);

const folder = temporaryFolder();
let written = 0;

function withFiles<Result>(lists: ReadonlyArray<readonly HistoryObject[]>, use: (files: GoneFile[]) => Result): Result {
  const files = lists.map((objects) => {
    const path = join(folder, `${written++}.inv`);
    writeGoneFile(path, objects);
    return GoneFile.open(path);
  });
  try {
    return use(files);
  } finally {
    files.forEach((file) => file.close());
  }
}

test('files together have every object once, in order', () => {
  // Bits say in which of three files an object is.
  const shares = fc.infiniteStream(fc.integer({ min: 1, max: 7 }));
  fc.assert(
    fc.property(goneObjects, shares, (objects, stream) => {
      const inFiles = new Map(objects.map((object) => [object, stream.next().value as number]));
      const lists = [1, 2, 4].map((bit) => objects.filter((object) => inFiles.get(object)! & bit));
      expect(withFiles(lists, (files) => [...mergedGone(files)])).toEqual(objects.toSorted(compareObjects));
    }),
    { numRuns: 40 }
  );
});

test('of an object that is in several files what was seen last counts', () => {
  const object = { number: 7, table: 'pod', shard: 'a', key: 'shop/web', names: { uid: '1' }, firstSeenMs: 0 } as const;
  const earlier = { ...object, lastSeenMs: 10 };
  const later = { ...object, names: { uid: '2' }, lastSeenMs: 20 };
  expect(withFiles([[later], [earlier]], (files) => [...mergedGone(files)])).toEqual([later]);
  expect(withFiles([[earlier], [later], []], (files) => [...mergedGone(files)])).toEqual([later]);
});
