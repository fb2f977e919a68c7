import { HeapscopeError, sentenceOf } from '../errors.ts';
import type { ApiClient } from './apiClient.ts';
import { ApiStatusError } from './apiProblem.ts';
import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { numberAt, objectAt, objectsAt, textAt } from './json.ts';
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
  /** Told when the problem changes, with the API server's status if it refused; undefined when all is well again. */
  readonly onProblem: (problem: string | undefined, status?: number) => void;
}

/**
 * Mirrors one resource into a sink: a list in pages, then watches one after the other from where the last one ended.
 * An expired version (410, as a status or as an event) leads to a new list; any other failure to a later attempt.
 */
export function createReflector(options: ReflectorOptions): Reflector {
  const mirror = new Mirror(options);
  return {
    attempted: mirror.attempted.promise,
    listed: mirror.listed.promise,
    state: () => mirror.state(),
    async run(signal) {
      while (!signal.aborted) {
        const delayMs = await mirror.listAndWatch(signal);
        if (delayMs > 0) {
          await options.clock.pause(delayMs, signal);
        }
      }
      mirror.attempted.resolve();
    },
  };
}

class Mirror {
  readonly attempted = Promise.withResolvers<void>();
  readonly listed = Promise.withResolvers<void>();
  private readonly options: ReflectorOptions;
  private readonly counts = { listCount: 0, watchCount: 0, eventCount: 0 };
  private lastHeardMs = NaN;
  private problem: { readonly sentence: string; readonly status?: number } | undefined;
  /** What the next watch goes on from; undefined when only a list can tell. */
  private version: string | undefined;
  private watchBegunMs = NaN;
  private expiries = 0;

  constructor(options: ReflectorOptions) {
    this.options = options;
  }

  state(): ReflectorState {
    return {
      resource: this.options.kind.resource,
      listed: this.counts.listCount > 0,
      ...this.counts,
      lastHeardMs: this.lastHeardMs,
      ...(this.problem ? { problem: this.problem.sentence, problemStatus: this.problem.status } : {}),
    };
  }

  /** One list if needed, and one watch. Answers how long to wait before the next. */
  async listAndWatch(signal: AbortSignal): Promise<number> {
    this.watchBegunMs = NaN;
    try {
      this.version ??= await this.list(signal);
      await this.watch(signal);
    } catch (error) {
      return this.delayAfter(error, signal);
    } finally {
      this.attempted.resolve();
    }
    return this.delayAfterEnd();
  }

  private async list(signal: AbortSignal): Promise<string> {
    const { api, kind, sink, clock } = this.options;
    const uids = new Set<string>();
    let next = '';
    let page: JsonObject;
    do {
      page = await api.json(listRequest(kind, next, signal));
      for (const object of objectsAt(page, 'items')) {
        uids.add(sink.put(object));
      }
      this.lastHeardMs = clock.now();
      next = textAt(objectAt(page, 'metadata'), 'continue');
    } while (next !== '');
    sink.keepOnly(uids);
    this.counts.listCount += 1;
    this.listed.resolve();
    this.attempted.resolve();
    return textAt(objectAt(page, 'metadata'), 'resourceVersion');
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const { api, kind, clock } = this.options;
    const stream = await api.stream(watchRequest(kind, this.version ?? '', signal));
    this.watchBegunMs = clock.now();
    this.counts.watchCount += 1;
    this.report(undefined);
    for await (const line of linesOf(stream, MAX_EVENT_BYTES)) {
      this.take(parseEvent(line));
    }
  }

  private take(event: JsonObject): void {
    const { kind, sink, clock } = this.options;
    const object = objectAt(event, 'object');
    const type = textAt(event, 'type');
    if (type === 'ERROR') {
      const code = numberAt(object, 'code') ?? 500;
      throw new ApiStatusError(code, `The watch of ${kind.resource} ended: ${textAt(object, 'message')}.`);
    }
    this.lastHeardMs = clock.now();
    if (type === 'DELETED') {
      sink.remove(object);
    } else if (type === 'ADDED' || type === 'MODIFIED') {
      sink.put(object);
    }
    this.counts.eventCount += type === 'BOOKMARK' ? 0 : 1;
    this.version = textAt(objectAt(object, 'metadata'), 'resourceVersion') || this.version;
  }

  private delayAfterEnd(): number {
    const { backoff, clock } = this.options;
    if (clock.now() - this.watchBegunMs >= SHORT_WATCH_MS) {
      backoff.reset();
      this.expiries = 0;
      return 0;
    }
    return backoff.nextMs();
  }

  private delayAfter(error: unknown, signal: AbortSignal): number {
    const delayMs = this.delayAfterEnd();
    const status = error instanceof ApiStatusError ? error.apiStatus : undefined;
    if (status === 410) {
      this.version = undefined;
      this.expiries += 1;
      return this.expiries === 1 ? 0 : delayMs;
    }
    // Every watch ends some day, one way or another: after a long one, trouble shows when the next one fails.
    if (delayMs > 0 && !signal.aborted) {
      this.report({ sentence: sentenceOf(error), status });
    }
    if (!(error instanceof HeapscopeError)) {
      // An event that cannot be understood would come again from the same version on.
      this.version = undefined;
    }
    return delayMs;
  }

  private report(found: Mirror['problem']): void {
    if (found?.sentence !== this.problem?.sentence) {
      this.options.onProblem(found?.sentence, found?.status);
    }
    this.problem = found;
  }
}
