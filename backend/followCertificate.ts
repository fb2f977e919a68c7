import type { TlsPair } from './api/server.ts';
import { sentenceOf } from './errors.ts';
import type { Clock } from './rounds.ts';

/** Time between two looks at the files. Mounted secrets change by links, which not every file system reports. */
export const LOOK_EVERY_MS = 10_000;

export interface FollowedCertificate {
  /** The pair in use. */
  readonly current: TlsPair;
  /** Reads the files as they are now. */
  readonly read: () => TlsPair;
  /** Puts a pair to use. Throws a sentence and keeps the one before if it cannot be used. */
  readonly renew: (pair: TlsPair) => void;
  /** The flag that names the files. */
  readonly flag?: string;
  readonly clock: Clock;
  readonly log: { info(sentence: string): void; warn(sentence: string): void };
}

/**
 * Takes a certificate that is renewed on disk into use, until the signal aborts. One that cannot be used leaves the old
 * one in place; it is logged once, and only when a second look finds it too, since files are written one by one.
 */
export async function followCertificate(followed: FollowedCertificate, signal: AbortSignal): Promise<void> {
  const { clock, log, flag = '--tls-cert' } = followed;
  let inUse = followed.current;
  let problem = '';
  let logged = '';
  while (await slept(clock, signal)) {
    const before = problem;
    problem = '';
    try {
      const pair = followed.read();
      if (pair.certificate !== inUse.certificate || pair.key !== inUse.key) {
        followed.renew(pair);
        inUse = pair;
        log.info(`The certificate of ${flag} was renewed; new connections are shown it.`);
      }
      logged = '';
    } catch (error) {
      problem = sentenceOf(error);
      if (problem === before && problem !== logged) {
        logged = problem;
        log.warn(
          `${problem.replace(/\.?$/, '.')} The certificate from before is still shown; put a pair in place that fits together.`
        );
      }
    }
  }
}

/** False if the signal aborted. */
async function slept(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleepUntil(clock.nowMs() + LOOK_EVERY_MS, signal);
    return true;
  } catch (error) {
    if (signal.aborted) {
      return false;
    }
    throw error;
  }
}
