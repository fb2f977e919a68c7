import { readdirSync } from 'node:fs';
import { FORMAT_VERSION } from '../history/dataDirectory.ts';
import { FolderLock } from '../history/folderLock.ts';
import { allObjects } from '../history/knownObjects.ts';
import type { HistorySnapshot } from '../history/snapshot.ts';
import type { Tier } from '../history/shardBlock.ts';
import type { HistoryCommand } from './main.ts';
import { openSnapshot, readableBytes, readableTime, type Terminal } from './terminal.ts';

const TIERS: readonly Tier[] = ['raw', '10m', '1h'];

interface TierReport {
  readonly tier: Tier;
  readonly files: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly bytes: number;
  readonly samples: number;
  readonly bytesPerSample: number | null;
}

/** What there is. */
interface Report {
  readonly path: string;
  readonly format: number;
  readonly writtenBy: string | null;
  readonly tiers: readonly TierReport[];
  readonly logs: { readonly files: number; readonly rounds: number; readonly bytes: number };
  readonly objects: Readonly<Record<string, number>>;
  readonly setAside: readonly string[];
  readonly damages: readonly string[];
}

export const inspectCommand: HistoryCommand = {
  summary: 'Tells what is there: tiers, spans, sizes, objects, damage.',
  details: 'Reads no values: damage inside of files is found by `heapscope history verify`.',
  flags: { json: { shape: '', description: 'Answer with JSON.' } },
  async run(folder, given, terminal) {
    const snapshot = openSnapshot(folder, terminal);
    try {
      const report = reportOf(snapshot);
      if (given.is('json')) {
        terminal.out.write(`${JSON.stringify(report, undefined, 2)}\n`);
      } else {
        print(report, terminal);
      }
      return 0;
    } finally {
      snapshot.close();
    }
  },
};

function reportOf(snapshot: HistorySnapshot): Report {
  const { directory, store, known, logs, damages } = snapshot;
  const unsealed = new Set(logs.map(({ timesMs }) => timesMs[0]));
  const objects: Record<string, number> = {};
  for (const { table } of allObjects(known)) {
    objects[table] = (objects[table] ?? 0) + 1;
  }
  return {
    path: directory.path,
    format: FORMAT_VERSION,
    writtenBy: FolderLock.holderOf(directory.path) ?? null,
    tiers: TIERS.map((tier) => {
      const segments = store
        .ofTier(tier)
        .filter(({ fromMs, level }) => tier !== 'raw' || level > 0 || !unsealed.has(fromMs));
      const bytes = segments.reduce((sum, { reader }) => sum + reader.bytes, 0);
      const samples = segments.reduce((sum, { reader }) => sum + reader.samples, 0);
      const fromMs = segments[0]?.fromMs ?? null;
      const toMs = segments.at(-1)?.toMs ?? null;
      return {
        tier,
        files: segments.length,
        fromMs,
        toMs,
        bytes,
        samples,
        bytesPerSample: samples > 0 ? bytes / samples : null,
      };
    }),
    logs: {
      files: logs.length,
      rounds: logs.reduce((sum, { timesMs }) => sum + timesMs.length, 0),
      bytes: logs.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    objects,
    setAside: readdirSync(directory.damaged),
    damages,
  };
}

function print({ path, format, writtenBy, tiers, logs, objects, setAside, damages }: Report, { out }: Terminal): void {
  const line = (text: string) => out.write(`${text}\n`);
  line(`History in ${path}, format ${format}, ${writtenBy ? `being written by ${writtenBy}` : 'not being written'}.`);
  line('');
  line('tier  files  from                  to                    size        samples        bytes per sample');
  for (const { tier, files, fromMs, toMs, bytes, samples, bytesPerSample } of tiers) {
    const time = (timeMs: number | null) => (timeMs === null ? '–' : readableTime(timeMs)).padEnd(22);
    line(
      `${tier.padEnd(6)}${String(files).padEnd(7)}${time(fromMs)}${time(toMs)}${readableBytes(bytes).padEnd(12)}${String(samples).padEnd(15)}${bytesPerSample?.toFixed(2) ?? '–'}`
    );
  }
  line('');
  line(`Logs: ${logs.rounds} rounds in ${logs.files} files, ${readableBytes(logs.bytes)}, not sealed yet.`);
  const counts = Object.entries(objects).map(([table, count]) => `${count} of the level ${table}`);
  line(`Objects: ${counts.join(', ') || 'none'}.`);
  line(`Set aside as damaged: ${setAside.length > 0 ? setAside.join(', ') : 'nothing'}.`);
  damages.forEach((sentence) => line(sentence));
}
