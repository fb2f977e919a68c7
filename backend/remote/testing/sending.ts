import { manualClock, type ManualClock } from '../../../tests/support/manualClock.ts';
import { nodeBatch } from '../../store/testing/batches.ts';
import { createRemoteWrite, type RemoteWrite, type RemoteWriteOptions } from '../remoteWrite.ts';
import type { ReceiverOptions } from '../receiver.ts';

/** A sender whose clock stands still until the test moves it, and what it logs. */
export interface TestSender extends RemoteWrite {
  readonly clock: ManualClock;
  readonly told: string[];
  /** Writes a round of one pod whose working set is `bytes`. */
  round(timestampMs: number, bytes: number): void;
}

const running = new Set<RemoteWrite>();

/** Ends every sender of the tests; meant for `afterEach`. */
export async function stopSenders(): Promise<void> {
  await Promise.all([...running].map((sender) => sender.stop()));
  running.clear();
}

/** Sends to one receiver by 1.0 unless told otherwise, in memory unless there is a folder. */
export function testSender(
  receiver: Partial<ReceiverOptions> & { readonly url: string },
  options: Partial<RemoteWriteOptions> = {}
): TestSender {
  const clock = manualClock(1_000_000);
  const told: string[] = [];
  const remote = createRemoteWrite({
    receivers: [{ name: 'receiver', title: 'receiver', protocol: '1.0', ...receiver }],
    samplesPerRequest: 1000,
    maxMemoryBytes: 2 ** 20,
    maxDiskBytes: 2 ** 24,
    requestTimeoutMs: 5_000,
    parallelRequests: 2,
    firstPauseMs: 1_000,
    longestPauseMs: 8_000,
    userAgent: 'heapscope/test',
    clock,
    random: () => 1,
    log: { info: (sentence) => told.push(sentence), warn: (sentence) => told.push(sentence) },
    ...options,
  });
  running.add(remote);
  return {
    ...remote,
    clock,
    told,
    round(timestampMs, bytes) {
      const names = { namespace: 'shop', pod: 'web', node: 'a' };
      const values = { 'memory/working_set': bytes };
      remote.append(nodeBatch('a', timestampMs, { pod: [{ key: 'shop/web', names, values }] }));
      remote.commit(timestampMs);
    },
    async stop() {
      running.delete(remote);
      await remote.stop();
    },
  };
}
