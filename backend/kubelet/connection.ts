import { Client } from 'undici';
import type { Dispatcher } from 'undici';
import { hostAndPort } from './address.ts';
import { deadlineProblem, tooLargeProblem, transportProblem } from './problem.ts';
import type { AskedKubelet } from './problem.ts';
import { tlsOptions } from './trust.ts';
import type { Trust } from './trust.ts';

/** A kubelet closes idle connections after 90 s; ours go before it does. */
const KEEP_ALIVE_MS = 85_000;
const MAX_ERROR_BODY_BYTES = 64 * 1024;
/** Codes of a kept connection that the kubelet had closed just before it was used again. */
const CLOSED_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

export interface Question {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** One kept connection to one kubelet. */
export interface KubeletConnection {
  readonly asked: AskedKubelet;
  readonly trust?: Trust;
  /** An answer of any status; rejects with a sentence at the deadline or when none comes whole. */
  ask(question: Question): Promise<Answer>;
  /** Ends at once, whatever is under way. */
  close(): Promise<void>;
}

/** Dials when first asked, and again whenever the connection was lost. */
export function openConnection(
  asked: AskedKubelet & Required<Pick<AskedKubelet, 'address'>>,
  trust?: Trust
): KubeletConnection {
  const origin = `${asked.https ? 'https' : 'http'}://${hostAndPort(asked.address)}`;
  const connect = trust ? tlsOptions(trust, asked.nodeName, asked.address.host) : {};
  let client = open();
  let hasAnswered = false;

  function open(): Client {
    return new Client(origin, {
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // The deadline of each question is the only one that counts.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { ...connect, timeout: 0 },
    });
  }

  /** The only way to end a question that still waits for its connection. */
  function reopen(): void {
    const old = client;
    client = open();
    void old.destroy().catch(() => undefined);
  }

  async function ask(question: Question): Promise<Answer> {
    const mayRetry = hasAnswered;
    const begunMs = performance.now();
    const attempt = (deadlineMs: number): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const handler = new AnswerHandler(asked, { ...question, deadlineMs }, { resolve, reject, hangUp: reopen });
        client.dispatch({ path: question.path, method: 'GET', headers: question.headers }, handler);
      });
    const answer = await attempt(question.deadlineMs).catch((error: unknown) => {
      const leftMs = question.deadlineMs - (performance.now() - begunMs);
      if (mayRetry && leftMs > 0 && error instanceof ClosedBeforeAnswer) {
        return attempt(leftMs);
      }
      throw error;
    });
    hasAnswered = true;
    return answer;
  }

  return {
    asked,
    trust,
    async ask(question) {
      try {
        return await ask(question);
      } catch (error) {
        throw error instanceof ClosedBeforeAnswer ? transportProblem(asked, error.cause, 0) : error;
      }
    },
    close: () => client.destroy(),
  };
}

class ClosedBeforeAnswer extends Error {}

interface Outcome {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  /** Ends the connection that is being made. */
  hangUp(): void;
}

/** Collects one answer; settles once. */
class AnswerHandler implements Dispatcher.DispatchHandler {
  private readonly asked: AskedKubelet;
  private readonly question: Question;
  private readonly outcome: Outcome;
  private readonly timer: NodeJS.Timeout;
  private readonly parts: Buffer[] = [];
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private receivedBytes = 0;
  private isSettled = false;

  constructor(asked: AskedKubelet, question: Question, outcome: Outcome) {
    this.asked = asked;
    this.question = question;
    this.outcome = outcome;
    this.timer = setTimeout(this.onDeadline, question.signal?.aborted ? 0 : question.deadlineMs);
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
    const code = 'code' in error ? String(error.code) : '';
    const closedBefore = this.status === 0 && CLOSED_CODES.has(code);
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
        body: this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts, this.receivedBytes),
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
