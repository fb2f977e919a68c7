import type { Dispatcher } from 'undici';
import { codeOf } from '../errors.ts';
import { deadlineProblem, tooLargeProblem, transportProblem } from './problem.ts';
import type { AskedKubelet } from './problem.ts';

const MAX_ERROR_BODY_BYTES = 64 * 1024;
/** Codes of a kept connection that the kubelet had closed just before it was used again. */
const CLOSED_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

export interface Question {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON that is sent by POST; without it the question is a GET. */
  readonly json?: string;
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** The connection ended before a byte of the answer came; `cause` tells how. */
export class ClosedBeforeAnswer extends Error {}

export interface Outcome {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  /** The parts of the answer as one. */
  join(parts: readonly Buffer[], bytes: number): Buffer;
  /** Ends the connection that is being made. */
  hangUp(): void;
}

/** Collects one answer; settles once. */
export class AnswerHandler implements Dispatcher.DispatchHandler {
  private readonly asked: AskedKubelet;
  private readonly question: Question;
  private readonly outcome: Outcome;
  private readonly timer: NodeJS.Timeout;
  private readonly parts: Buffer[] = [];
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private receivedBytes = 0;
  private isSettled = false;

  /** `leftMs`: what is left of the deadline, where a first attempt has used up some of it. */
  constructor(asked: AskedKubelet, question: Question, outcome: Outcome, leftMs = question.deadlineMs) {
    this.asked = asked;
    this.question = question;
    this.outcome = outcome;
    this.timer = setTimeout(this.onDeadline, question.signal?.aborted ? 0 : leftMs);
    question.signal?.addEventListener('abort', this.onDeadline, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isSettled) {
      controller.abort(new Error('settled'));
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>
  ): void {
    this.status = status;
    if (status === 200 && Number(headers['content-length']) > this.question.maxBytes) {
      this.giveUp(tooLargeProblem(this.asked, this.question.maxBytes));
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Buffer): void {
    this.receivedBytes += part.length;
    if (this.status !== 200 && this.receivedBytes > MAX_ERROR_BODY_BYTES) {
      this.finish();
      this.abort();
    } else if (this.receivedBytes > this.question.maxBytes) {
      this.giveUp(tooLargeProblem(this.asked, this.question.maxBytes));
    } else {
      this.parts.push(part);
    }
  }

  onResponseEnd(): void {
    this.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const closedBefore = this.status === 0 && CLOSED_CODES.has(codeOf(error));
    this.fail(
      closedBefore
        ? new ClosedBeforeAnswer('closed', { cause: error })
        : transportProblem(this.asked, error, this.receivedBytes)
    );
  }

  private readonly onDeadline = (): void => {
    this.giveUp(deadlineProblem(this.asked, this.question.deadlineMs, this.receivedBytes));
  };

  private giveUp(error: Error): void {
    this.fail(error);
    this.abort();
  }

  private abort(): void {
    if (this.controller) {
      this.controller.abort(new Error('given up'));
    } else {
      this.outcome.hangUp();
    }
  }

  private finish(): void {
    if (this.settle()) {
      this.outcome.resolve({
        status: this.status,
        body: this.outcome.join(this.parts, this.receivedBytes),
      });
    }
  }

  private fail(error: Error): void {
    if (this.settle()) {
      this.outcome.reject(error);
    }
  }

  private settle(): boolean {
    if (this.isSettled) {
      return false;
    }
    this.isSettled = true;
    clearTimeout(this.timer);
    this.question.signal?.removeEventListener('abort', this.onDeadline);
    return true;
  }
}
