import { join } from 'node:path';
import { Inventory } from './inventory.ts';
import { RoundLog } from './roundLog.ts';
import { batchTable, nodeBatch } from './testing/history.ts';
import { removeTemporaryFolders, temporaryFolder } from './testing/temporaryFolder.ts';
import { WalReader } from './walReader.ts';
import { WalWriter } from './walWriter.ts';

afterAll(removeTemporaryFolders);

const pods = (...names: string[]) => batchTable(Object.fromEntries(names.map((name) => [name, { m: 1 }])));

/** What a log names, as `number key` in order. */
function namedIn(path: string): string[] {
  const reader = new WalReader(path);
  reader.close();
  return reader.objects.map(({ number, key, timestampMs }) => `${number} ${key} at ${timestampMs}`);
}

test('a log names what is new, once', async () => {
  const path = join(temporaryFolder(), 'a.wal');
  const log = new WalWriter(path);
  const rounds = new RoundLog(new Inventory(), log);
  rounds.append(nodeBatch('a', 1000, { pod: pods('x') }));
  rounds.commit(1000);
  rounds.append(nodeBatch('a', 2000, { pod: pods('x', 'y') }));
  rounds.append({ timestampMs: 2000, tables: { cluster: batchTable({ '': { m: 2 } }) } });
  rounds.commit(2000);
  await log.close();
  expect(namedIn(path)).toEqual(['1 x at 1000', '2 y at 2000', '3  at 2000']);
  expect([...rounds.changed].map(({ number }) => number)).toEqual([1, 2, 3]);
});

test('what a round that was taken back had named is named again by the next log', async () => {
  const folder = temporaryFolder();
  const inventory = new Inventory();
  const first = new WalWriter(join(folder, 'a.wal'));
  const lost = new RoundLog(inventory, first);
  lost.append(nodeBatch('a', 1000, { pod: pods('x') }));
  first.rollBack();
  await first.close();
  const second = new WalWriter(join(folder, 'b.wal'));
  const rounds = new RoundLog(inventory, second, lost.changed);
  [2000, 3000].forEach((timestampMs) => {
    rounds.append(nodeBatch('a', timestampMs, { pod: pods('x') }));
    rounds.commit(timestampMs);
  });
  await second.close();
  expect(namedIn(join(folder, 'a.wal'))).toEqual([]);
  expect(namedIn(join(folder, 'b.wal'))).toEqual(['1 x at 2000']);
});
