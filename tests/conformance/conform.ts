import { ask, type Answer } from './ask.ts';
import { compareAnswer, type RunContext } from './compareAnswers.ts';
import { compareBatch, type Accepted, type OwnSets } from './compareBatches.ts';
import { DEPARTURES, Findings } from './findings.ts';
import type { Kit, RecordedRequest } from './kit.ts';
import { Replay } from './replay.ts';
import { readRunFlags } from './runFlags.ts';
import { podsToldTwice } from './toldTwice.ts';

const LONG_MS = 15 * 60_000;
const SHORT_MS = 140_000;
const SOURCES: ReadonlySet<string> = new Set(['kubernetes', 'kubernetes.summary_api']);

/** What a run came to: of its batches value by value, and of its requests answer by answer. */
export interface Conformance {
  readonly kit: Kit;
  readonly batches: Findings;
  readonly requests: Findings;
}

/**
 * Replays a recorded run through the pipeline and the doors, and compares everything. `asReceived` may change what our
 * doors answered, so that a test can see whether that is found.
 */
export async function conform(
  kit: Kit,
  asReceived: (answer: Answer, request: RecordedRequest) => Answer = (answer) => answer
): Promise<Conformance> {
  const [batches, requests] = [new Findings(), new Findings()];
  if (!SOURCES.has(kit.run.source)) {
    batches.differ(`The source "${kit.run.source}" is not offered.`);
    return { kit, batches, requests };
  }
  const flags = readRunFlags(kit.run);
  if (flags.unknown.length > 0) {
    batches.differ(`The recording was made with ${flags.unknown.join(' ')}, which a replay does not heed.`);
    return { kit, batches, requests };
  }
  const replay = new Replay(kit);
  const accepted: Accepted = new Map();
  const own = await replayRounds(kit, replay, batches, accepted);
  const stored = kit.batches.map(({ timestamp }) => Date.parse(timestamp));
  const lastStoredMs = Date.parse(kit.batches.at(-1)?.storedAt ?? '') || 0;
  const context: Omit<RunContext, 'newest'> = {
    kit,
    facts: replay.facts(),
    own,
    accepted,
    findings: requests,
    departures: DEPARTURES,
    newestMs: Math.max(...stored),
    longSinceMs: lastStoredMs - LONG_MS,
    shortSinceMs: lastStoredMs - SHORT_MS,
    lastIsLate: stored.length > 0 && stored.at(-1) !== Math.max(...stored),
  };
  const server = await replay.serve();
  let newest: OwnSets = own.get(context.newestMs) ?? new Map<string, never>();
  try {
    for (const request of kit.requests) {
      if (request.server !== undefined) {
        requests.depart('secure');
        continue;
      }
      const nowMs = Date.parse(request.at);
      replay.setClock(nowMs);
      if (replay.applyChanges(kit.changes, nowMs)) {
        newest = replay.newestSets();
      }
      const answer = asReceived(await ask(server.port, request), request);
      if (request.error !== undefined && !flags.hasModel && answer.status === 200) {
        // Without its metric sink Heapster broke the connection over what it read there.
        requests.depart('crash');
        continue;
      }
      compareAnswer(request, answer, { ...context, newest });
    }
  } finally {
    await server.close();
  }
  return { kit, batches, requests };
}

/** Runs the rounds in order of time; what each holds afterwards, by key. */
async function replayRounds(
  kit: Kit,
  replay: Replay,
  findings: Findings,
  accepted: Accepted
): Promise<Map<number, OwnSets>> {
  const own = new Map<number, OwnSets>();
  const disordered = disorderedRounds(kit, replay.resolutionMs);
  const newestStoredMs = Math.max(...kit.batches.map(({ timestamp }) => Date.parse(timestamp)));
  const isOlder = kit.run.heapster.startsWith('v1.5');
  const rounds = [...kit.rounds].sort((one, other) => (one.windowEnd < other.windowEnd ? -1 : 1));
  for (const round of rounds) {
    const timestampMs = Date.parse(round.windowEnd);
    const batch = kit.batches.find(({ timestamp }) => timestamp === round.windowEnd);
    replay.applyChanges(kit.changes, Date.parse(batch?.storedAt ?? round.windowEnd));
    await replay.collect(round);
    const sets = replay.newestSets();
    own.set(timestampMs, sets);
    if (batch) {
      const earlier = new Date(timestampMs - replay.resolutionMs).toISOString().replace('.000Z', 'Z');
      compareBatch(batch, sets, {
        findings,
        accepted,
        isOlder,
        isOfContainers: kit.run.source === 'kubernetes',
        isOutOfOrder: disordered.has(timestampMs),
        before: kit.batches.find(({ timestamp }) => timestamp === earlier),
        round,
        roundBefore: kit.rounds.find(({ windowEnd }) => windowEnd === earlier),
        toldTwice: podsToldTwice(round),
      });
    } else if (kit.run.exit && timestampMs > newestStoredMs) {
      findings.depart('crash');
    } else {
      findings.differ(`${round.windowEnd}: Heapster stored no batch of this round`);
    }
  }
  return own;
}

/** Rounds whose rates depend on the order of storing: those stored behind newer ones, and those next in time. */
function disorderedRounds({ batches }: Kit, resolutionMs: number): Set<number> {
  const disordered = new Set<number>();
  let newestMs = -Infinity;
  for (const { timestamp } of batches) {
    const timestampMs = Date.parse(timestamp);
    if (timestampMs < newestMs) {
      disordered.add(timestampMs).add(timestampMs + resolutionMs);
    }
    newestMs = Math.max(newestMs, timestampMs);
  }
  return disordered;
}
