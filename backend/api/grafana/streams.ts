import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import { HeapscopeError } from '../../errors.ts';
import { nameFailure, type ServerLog } from '../errorAnswers.ts';
import { EventStream } from './eventStream.ts';

/** Tells when a round has become visible. */
export interface RoundSignal {
  /** Calls back after each round, until the returned function is called. */
  onRound(callback: () => void): () => void;
}

export interface StreamsOptions {
  readonly rounds: RoundSignal;
  /** Streams open at the same time. */
  readonly most: number;
  /** Streams open at the same time for one token. */
  readonly mostPerAsker: number;
  readonly log: ServerLog;
  /** Calls back every {@link BEAT_MS} until the returned function is called. */
  readonly everyBeat?: (beat: () => void) => () => void;
}

export const BEAT_MS = 15_000;
/** A stream ends after ten minutes, so that a token which was taken away or bound anew is checked again. */
export const BEATS_OF_A_LIFE = 40;
/** A reader that takes nothing for a minute is gone. */
export const BEATS_OF_PATIENCE = 4;

interface OpenStream {
  readonly events: EventStream;
  readonly asker: string;
  readonly answer: () => unknown;
  beats: number;
  beatsBehind: number;
  /** Whether the reader has yet to take what it was sent before it gets more. */
  isWaiting: boolean;
}

/**
 * Streams that send an answer when they open and again after each round. Answers are made one at a time with turns of
 * the event loop between them; a stream whose reader is slow skips rounds, so that nothing piles up for it.
 */
export class Streams {
  private readonly options: StreamsOptions;
  private readonly open = new Set<OpenStream>();
  /** Streams that have not been sent the newest round. */
  private readonly due = new Set<OpenStream>();
  private readonly stopListening: () => void;
  private readonly stopBeating: () => void;
  private isServing = false;
  private isClosed = false;

  constructor(options: StreamsOptions) {
    this.options = options;
    this.stopListening = options.rounds.onRound(() => this.serveAll());
    this.stopBeating = (options.everyBeat ?? everyBeat)(() => this.beat());
  }

  /** Streams that are open. */
  get count(): number {
    return this.open.size;
  }

  /** Opens a stream that sends `answer()` now and after each round. Throws if there are too many, or what `answer` throws. */
  start(response: Response, asker: string, answer: () => unknown): void {
    this.refuseBeyondLimits(asker);
    const first = answer();
    if (response.destroyed) {
      // The reader left while it was checked who he is.
      return;
    }
    const stream: OpenStream = {
      events: new EventStream(response, () => this.forget(stream)),
      asker,
      answer,
      beats: 0,
      beatsBehind: 0,
      isWaiting: false,
    };
    this.open.add(stream);
    stream.events.send('answer', first);
  }

  /** Ends every stream in good order and opens no more. */
  close(): void {
    this.isClosed = true;
    this.stopListening();
    this.stopBeating();
    for (const stream of this.open) {
      this.end(stream);
    }
  }

  private refuseBeyondLimits(asker: string): void {
    const { most, mostPerAsker } = this.options;
    if (this.isClosed) {
      throw new HeapscopeError('not_ready', 'Heapscope is stopping; ask again when it runs.');
    }
    if (this.open.size >= most) {
      throw new HeapscopeError(
        'too_many_streams',
        `${most} panels are live already, which is as many as Heapscope serves. Close some, or raise --max-streams.`
      );
    }
    const own = [...this.open].filter((stream) => stream.asker === asker).length;
    if (own >= mostPerAsker) {
      throw new HeapscopeError(
        'too_many_streams',
        `${mostPerAsker} panels are live with this token already, which is as many as one token may have. Close some, or raise --max-streams.`
      );
    }
  }

  private serveAll(): void {
    for (const stream of this.open) {
      this.makeDue(stream);
    }
  }

  private makeDue(stream: OpenStream): void {
    this.due.add(stream);
    if (!this.isServing) {
      void this.serveDue();
    }
  }

  /** Goes through the streams that are due, those that become due meanwhile included. */
  private async serveDue(): Promise<void> {
    this.isServing = true;
    for (const stream of this.due) {
      await nextTurn();
      // The turn may have closed it.
      if (this.due.delete(stream)) {
        this.serve(stream);
      }
    }
    this.isServing = false;
  }

  private serve(stream: OpenStream): void {
    if (stream.events.isBehind) {
      this.waitFor(stream);
      return;
    }
    try {
      stream.events.send('answer', stream.answer());
    } catch (error) {
      const { code, message } = nameFailure(error, this.options.log, { stream: 'answer' });
      stream.events.send('failure', { code, message });
      this.end(stream);
    }
  }

  /** A reader that has caught up gets the newest answer, whatever it missed. */
  private waitFor(stream: OpenStream): void {
    if (stream.isWaiting) {
      return;
    }
    stream.isWaiting = true;
    stream.events.whenTaken(() => {
      stream.isWaiting = false;
      if (this.open.has(stream)) {
        this.makeDue(stream);
      }
    });
  }

  private beat(): void {
    for (const stream of this.open) {
      const { events } = stream;
      stream.beats += 1;
      stream.beatsBehind = events.isBehind ? stream.beatsBehind + 1 : 0;
      if (stream.beatsBehind >= BEATS_OF_PATIENCE) {
        events.abandon();
      } else if (stream.beats >= BEATS_OF_A_LIFE) {
        this.end(stream);
      } else if (!events.isBehind) {
        events.beat();
      }
    }
  }

  /** Ends a stream in good order, or at once if its reader takes nothing. Nothing is written to it any more. */
  private end(stream: OpenStream): void {
    this.forget(stream);
    if (stream.events.isBehind) {
      stream.events.abandon();
    } else {
      stream.events.end();
    }
  }

  private forget(stream: OpenStream): void {
    this.open.delete(stream);
    this.due.delete(stream);
  }
}

function everyBeat(beat: () => void): () => void {
  const timer = setInterval(beat, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
