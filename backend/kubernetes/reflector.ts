import { HeapscopeError, sentenceOf } from '../errors.ts';
import type { ApiClient } from './apiClient.ts';
import { ApiStatusError } from './apiProblem.ts';
import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { objectAt, objectsAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { listRequest, parseEvent, watchRequest } from './watchProtocol.ts';
import type { ResourceKind } from './watchProtocol.ts';
import { linesOf } from './watchLines.ts';

const MAX_EVENT_BYTES = 16 * 1024 * 1024;
/** A watch that ends sooner than this counts as a failure, so that a server that ends each at once is not hammered. */
const SHORT_WATCH_MS = 5_000;

/** What is done with the objects of one resource. Objects are dropped as soon as these return. */
export interface ObjectSink {
  /** A new or changed object; answers with its uid. */
  put(object: JsonObject): string;
  remove(object: JsonObject): void;
  /** A list is complete: whatever has another uid is gone. */
  keepOnly(uids: ReadonlySet<string>): void;
}

/** How one resource is doing. */
export interface ReflectorState {
  readonly resource: string;
  /** A complete list was read at least once. */
  readonly listed: boolean;
  /** Lists, watches and events so far. */
  readonly listCount: number;
  readonly watchCount: number;
  readonly eventCount: number;
  /** When the last object or bookmark came, Unix ms; NaN before the first. */
  readonly lastHeardMs: number;
  /** What is wrong at present, as a sentence. */
  readonly problem?: string;
  /** Status of the API server's last refusal (403), while {@link problem} stands. */
  readonly problemStatus?: number;
}

export interface Reflector {
  /** Lists and watches until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  state(): ReflectorState;
  /** Resolves when the first list is complete or has failed. */
  readonly attempted: Promise<void>;
  /** Resolves when the first list is complete. */
  readonly listed: Promise<void>;
}

export interface ReflectorOptions {
  readonly api: ApiClient;
  readonly kind: ResourceKind;
  readonly sink: ObjectSink;
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** Told when the problem changes; undefined when all is well again. */
  readonly onProblem: (problem: string | undefined) => void;
}

/**
 * Mirrors one resource into a sink: a list in pages, then watches one after the other from where the last one ended.
 * An expired version (410, as a status or as an event) leads to a new list; any other failure to a later attempt.
 */
export function createReflector(options: ReflectorOptions): Reflector {
  const { kind, clock, backoff, sink } = options;
  const state = { listed: false, listCount: 0, watchCount: 0, eventCount: 0, lastHeardMs: NaN };
  let problem: { sentence: string; status?: number } | undefined;
  let version: string | undefined;
  let watchBegunMs = NaN;
  let expiries = 0;
  const attempted = Promise.withResolvers<void>();
  const listed = Promise.withResolvers<void>();

  function report(found: typeof problem): void {
    if (found?.sentence !== problem?.sentence) {
      options.onProblem(found?.sentence);
    }
    problem = found;
  }

  async function list(signal: AbortSignal): Promise<string> {
    const uids = new Set<string>();
    let next = '';
    let page: JsonObject;
    do {
      page = await options.api.json(listRequest(kind, next, signal));
      for (const object of objectsAt(page, 'items')) {
        uids.add(sink.put(object));
      }
      state.lastHeardMs = clock.now();
      next = textAt(objectAt(page, 'metadata'), 'continue');
    } while (next !== '');
    sink.keepOnly(uids);
    state.listed = true;
    listed.resolve();
    attempted.resolve();
    state.listCount += 1;
    return textAt(objectAt(page, 'metadata'), 'resourceVersion');
  }

  async function watch(signal: AbortSignal): Promise<void> {
    const stream = await options.api.stream(watchRequest(kind, version ?? '', signal));
    watchBegunMs = clock.now();
    state.watchCount += 1;
    report(undefined);
    for await (const line of linesOf(stream, MAX_EVENT_BYTES)) {
      take(parseEvent(line));
    }
  }

  function take(event: JsonObject): void {
    const object = objectAt(event, 'object');
    const type = textAt(event, 'type');
    if (type === 'ERROR') {
      const code = typeof object.code === 'number' ? object.code : 500;
      throw new ApiStatusError(code, `The watch of ${kind.resource} ended: ${textAt(object, 'message')}.`);
    }
    state.lastHeardMs = clock.now();
    if (type === 'DELETED') {
      sink.remove(object);
    } else if (type === 'ADDED' || type === 'MODIFIED') {
      sink.put(object);
    }
    state.eventCount += type === 'BOOKMARK' ? 0 : 1;
    version = textAt(objectAt(object, 'metadata'), 'resourceVersion') || version;
  }

  /** One list if needed, and one watch. Answers how long to wait before the next. */
  async function once(signal: AbortSignal): Promise<number> {
    watchBegunMs = NaN;
    let failure: unknown;
    try {
      version ??= await list(signal);
      await watch(signal);
    } catch (error) {
      failure = error;
    }
    attempted.resolve();
    if (clock.now() - watchBegunMs >= SHORT_WATCH_MS) {
      // Every watch ends some day, one way or another: trouble shows when the next one fails.
      backoff.reset();
      expiries = 0;
    } else if (failure !== undefined && !isExpired(failure) && !signal.aborted) {
      report({
        sentence: sentenceOf(failure),
        status: failure instanceof ApiStatusError ? failure.apiStatus : undefined,
      });
    }
    if (isExpired(failure)) {
      version = undefined;
      expiries += 1;
      return expiries === 1 ? 0 : backoff.nextMs();
    }
    if (failure !== undefined && !(failure instanceof HeapscopeError)) {
      // An event that cannot be understood would come again from the same version on.
      version = undefined;
    }
    return clock.now() - watchBegunMs >= SHORT_WATCH_MS ? 0 : backoff.nextMs();
  }

  return {
    attempted: attempted.promise,
    listed: listed.promise,
    async run(signal) {
      while (!signal.aborted) {
        const delayMs = await once(signal);
        if (delayMs > 0) {
          await clock.pause(delayMs, signal);
        }
      }
      attempted.resolve();
    },
    state: () => ({ resource: kind.resource, ...state, problem: problem?.sentence, problemStatus: problem?.status }),
  };
}

function isExpired(error: unknown): boolean {
  return error instanceof ApiStatusError && error.apiStatus === 410;
}
