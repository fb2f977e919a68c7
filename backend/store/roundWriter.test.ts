import { writeToAll, type RoundWriter } from './roundWriter.ts';
import { totalsBatch } from './testing/batches.ts';

it('a round goes to every writer, in order', () => {
  const heard: string[] = [];
  const writer = (name: string): RoundWriter => ({
    append: ({ timestampMs }) => heard.push(`${name} append ${timestampMs}`),
    commit: (timestampMs) => heard.push(`${name} commit ${timestampMs}`),
  });
  const both = writeToAll([writer('head'), writer('files')]);
  both.append(totalsBatch(60, {}));
  both.commit(60);
  expect(heard).toEqual(['head append 60', 'files append 60', 'head commit 60', 'files commit 60']);
});
