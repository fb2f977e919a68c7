import { HeapscopeError } from '../errors.ts';
import type { DataDirectory } from '../history/dataDirectory.ts';
import { FolderLock } from '../history/folderLock.ts';
import { History } from '../history/history.ts';
import type { KnownObjects } from '../history/knownObjects.ts';
import { mergeGone } from '../history/mergeGone.ts';
import { otherBytesOf } from '../history/otherBytes.ts';
import { hasAny, objectsOfNamespace, segmentsBefore, withoutObjects } from '../history/prune.ts';
import type { Segment, SegmentStore } from '../history/segmentStore.ts';
import { BUCKET_MS } from '../history/shardBlock.ts';
import type { HistoryCommand } from './main.ts';
import { bytesOption, timeOption } from './options.ts';
import { openSnapshot, Progress, readableBytes, readableTime, shownWhile, type Terminal } from './terminal.ts';

const FOR_EVER = { raw: Infinity, '10m': Infinity, '1h': Infinity };

interface Wanted {
  readonly beforeMs: number | undefined;
  readonly maxBytes: number | undefined;
  readonly namespace: string | undefined;
}

export const pruneCommand: HistoryCommand = {
  summary: 'Removes what is older than a time, what is too much, or a namespace.',
  details: [
    'Files go as a whole: one that reaches over the time stays, a file of rounds has 2 hours, one of buckets a day. A namespace',
    'is taken out of all files, which are written again; sums over the cluster keep what it added. The backend that writes the',
    'history has to be stopped, except with --dry-run.',
  ].join('\n'),
  flags: {
    before: { shape: 'TIME', description: 'Remove what is older: 2026-11-21, or how long ago, such as 14d.' },
    'max-size': {
      shape: 'BYTES',
      description: 'Remove the oldest until no more is left, such as 5GiB: samples first, then buckets.',
    },
    namespace: { shape: 'NAME', description: 'Remove the objects of this namespace.' },
    'dry-run': { shape: '', description: 'Tell what would be removed, and remove nothing.' },
  },
  async run(folder, given, terminal) {
    const wanted: Wanted = {
      beforeMs: timeOption(given, 'before', terminal.nowMs()),
      maxBytes: bytesOption(given, 'max-size'),
      namespace: given.text('namespace'),
    };
    if (Object.values(wanted).every((each) => each === undefined)) {
      throw new HeapscopeError('bad_config', 'Say what to remove: --before, --max-size or --namespace.');
    }
    return given.is('dry-run') ? tell(folder, wanted, terminal) : prune(folder, wanted, terminal);
  },
};

function tell(folder: string, wanted: Wanted, terminal: Terminal): number {
  const snapshot = openSnapshot(folder, terminal);
  try {
    const { segments } = snapshot.directory;
    const going = goingFiles(snapshot, wanted).filter(({ reader }) => reader.path.startsWith(segments));
    going.forEach((segment) => terminal.out.write(`Would remove ${described(segment)}.\n`));
    summarize(going, 'would be removed', terminal);
    if (wanted.namespace !== undefined) {
      const { size } = objectsOfNamespace(snapshot.known, wanted.namespace);
      terminal.out.write(`${size} objects of the namespace ${wanted.namespace} would be removed.\n`);
    }
    return 0;
  } finally {
    snapshot.close();
  }
}

async function prune(folder: string, wanted: Wanted, terminal: Terminal): Promise<number> {
  // Nothing is to be made where there is no history.
  openSnapshot(folder, terminal).close();
  const holder = FolderLock.holderOf(folder);
  if (holder !== undefined) {
    throw new HeapscopeError(
      'history_locked',
      `The history in ${folder} is being written by ${holder}. Stop that Heapscope first, or try --dry-run.`
    );
  }
  const say = (sentence: string) => terminal.err.write(`${sentence}\n`);
  const history = History.open({
    path: folder,
    retention: { keepMs: FOR_EVER, maxBytes: Infinity },
    resolutionMs: 60_000,
    log: { info: say, warn: say },
  });
  try {
    // What an earlier process left is sealed first.
    await shownWhile(terminal, 'Sealing and merging what an earlier Heapscope left', history.settled());
    const { store, known } = history;
    const going = goingFiles(history, wanted);
    store.drop(going);
    summarize(going, 'were removed', terminal);
    if (wanted.namespace !== undefined) {
      dropNamespace(history, wanted.namespace, terminal);
    }
    forgetOld(store, known);
    history.saveInventory();
    return 0;
  } finally {
    await history.close();
  }
}

/** What has to go so that the rest, with all that is in the folder beside it, is as little as wanted. */
function goingFiles(
  { directory, store }: { readonly directory: DataDirectory; readonly store: SegmentStore },
  { beforeMs, maxBytes }: Wanted
): Segment[] {
  const old = beforeMs === undefined ? [] : segmentsBefore(store, beforeMs);
  const tooMuch =
    maxBytes === undefined ? [] : store.beyond(0, { keepMs: FOR_EVER, maxBytes: maxBytes - otherBytesOf(directory) });
  return [...new Set([...old, ...tooMuch])];
}

function dropNamespace({ directory, store, known }: History, namespace: string, terminal: Terminal): void {
  const objects = objectsOfNamespace(known, namespace);
  const numbers = new Set(Array.from(objects, ({ number }) => number));
  const segments = (['raw', '10m', '1h'] as const).flatMap((tier) => store.ofTier(tier));
  const progress = new Progress(terminal, 'Pruning', store.bytes);
  for (const segment of segments) {
    const { bytes } = segment.reader;
    if (hasAny(segment, numbers)) {
      withoutObjects(store, segment, numbers);
    }
    progress.add(bytes);
  }
  progress.end();
  known.inventory.forget((object) => objects.has(object));
  for (const name of known.gone.names) {
    const { made, damages } = mergeGone(directory, [name], ({ number }) => !numbers.has(number));
    known.gone.add(made, damages);
  }
  terminal.out.write(`${objects.size} objects of the namespace ${namespace} were removed.\n`);
}

function forgetOld(store: SegmentStore, { inventory, gone }: KnownObjects): void {
  const oldest = (['raw', '10m', '1h'] as const).map(
    (tier) => (store.ofTier(tier)[0]?.fromMs ?? Infinity) - BUCKET_MS[tier]
  );
  inventory.forgetBefore(Math.min(...oldest));
  gone.expire(Math.min(...oldest));
}

function summarize(segments: readonly Segment[], what: string, terminal: Terminal): void {
  const bytes = segments.reduce((sum, { reader }) => sum + reader.bytes, 0);
  terminal.out.write(`${segments.length} files with ${readableBytes(bytes)} ${what}.\n`);
}

function described({ reader, tier, fromMs, toMs }: Segment): string {
  return `${reader.path} (${tier}, ${readableTime(fromMs)} to ${readableTime(toMs)}, ${readableBytes(reader.bytes)})`;
}
