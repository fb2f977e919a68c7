import { existsSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { HistoryConfig } from './config/config.ts';
import { HeapscopeError, sentenceOf } from './errors.ts';
import { History, ROUNDS_PER_BLOCK } from './history/history.ts';
import type { HistoryState } from './history/historyState.ts';
import { JoinedReader } from './history/joinedReader.ts';
import type { HeadStore } from './store/headStore.ts';
import type { RoundWriter } from './store/roundWriter.ts';

/** The history beside the head: where rounds are written to, and what questions are read from. */
export interface OpenHistory {
  readonly writers: readonly RoundWriter[];
  readonly reader: HeadStore | JoinedReader;
  /** The data directory; undefined: history is kept in memory only. */
  readonly folder: string | undefined;
  /** Undefined: history is kept in memory only. */
  state(): HistoryState | undefined;
  /** Time of the oldest value there is, Unix ms; Infinity while there is none. */
  oldestMs(): number;
  close(): Promise<void>;
}

/**
 * Opens the history on disk, if there is to be one. Throws `history_format` or `history_unusable` if somebody gave a folder
 * that cannot be used; the folder nobody gave may fail, and then history is kept in memory only.
 */
export function openHistory(
  config: HistoryConfig | undefined,
  head: HeadStore,
  { clusterName, resolutionMs, log }: { clusterName: string; resolutionMs: number; log: OpenHistoryLog }
): OpenHistory {
  if (!config) {
    return inMemory(head);
  }
  const path = config.isGiven ? config.path : join(config.path, folderName(clusterName));
  try {
    const maxBytes = Math.min(config.maxBytes, MOST_OF_DISK * diskBytes(path));
    const history = History.open({ path, retention: { ...config, maxBytes }, resolutionMs, log });
    log.info(`History is kept in ${path}.`);
    return {
      writers: [head, history],
      folder: path,
      reader: new JoinedReader(head, history.store, history.known, resolutionMs),
      state: () => history.state(),
      oldestMs: () => Math.min(history.state().oldestMs || Infinity, head.rounds()[0] ?? Infinity),
      close: () => history.close(),
    };
  } catch (error) {
    if (config.isGiven || !(error instanceof HeapscopeError)) {
      throw error;
    }
    log.warn(`${sentenceOf(error)} History is kept in memory only; name a folder by --data-dir.`);
    return inMemory(head);
  }
}

/** A volume that is smaller than what the history may take is not filled to its end. */
const MOST_OF_DISK = 0.85;

/** Size of the disk that a folder is on, or will be. */
function diskBytes(path: string): number {
  let folder = resolve(path);
  while (!existsSync(folder)) {
    folder = dirname(folder);
  }
  const { blocks, bsize } = statfsSync(folder);
  return blocks * bsize;
}

interface OpenHistoryLog {
  info(sentence: string): void;
  warn(sentence: string): void;
}

/** Rounds that memory has to hold beside those of a log, while that is sealed. */
const SEALING_ROUNDS = 3;

/** How long memory has to keep rounds at least, so that none is missing between it and what is sealed. */
export function leastHeadWindowMs(config: HistoryConfig | undefined, resolutionMs: number): number {
  return config ? (ROUNDS_PER_BLOCK + SEALING_ROUNDS) * resolutionMs : 0;
}

function inMemory(head: HeadStore): OpenHistory {
  return {
    writers: [head],
    folder: undefined,
    reader: head,
    state: () => undefined,
    oldestMs: () => head.rounds()[0] ?? Infinity,
    close: () => Promise.resolve(),
  };
}

/** A name for a folder that tells the cluster; others that look the same are other clusters only by the port. */
function folderName(clusterName: string): string {
  return (
    clusterName
      .replace(/^[a-z]+:\/\//, '')
      .replaceAll(/[^A-Za-z0-9.-]+/g, '_')
      .replace(/^[._]+/, '')
      .slice(0, 100) || 'cluster'
  );
}
