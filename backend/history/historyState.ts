/** How the history is doing. */
export interface HistoryState {
  readonly path: string;
  /** Why rounds are not written at present, in a sentence. */
  readonly problem: string | undefined;
  /** What was set aside as damaged since the start, a sentence each; the newest few. */
  readonly damages: readonly string[];
  /** Of all files in its folder. */
  readonly bytes: number;
  readonly maxBytes: number;
  readonly objects: number;
  readonly segments: number;
  /** Time of the oldest value of any tier, Unix ms; NaN if there is none. */
  readonly oldestMs: number;
  /** Time of the newest round that is kept, be it in a log or sealed, Unix ms; NaN if there is none. */
  readonly newestMs: number;
  /** Time of the first round of an earlier process that is not sealed, and so not readable, yet. */
  readonly unreadSinceMs: number | undefined;
  /** Rounds that were written, and that were not because the disk refused. */
  readonly writtenRounds: number;
  readonly lostRounds: number;
}
