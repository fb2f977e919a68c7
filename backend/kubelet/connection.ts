import { buildConnector, Client } from 'undici';
import type { Dispatcher } from 'undici';
import { TLSSocket } from 'node:tls';
import { hostAndPort } from './address.ts';
import { AnswerHandler, ClosedBeforeAnswer } from './answer.ts';
import type { Answer, Question } from './answer.ts';
import { BodyPool } from './bodyPool.ts';
import { transportProblem } from './problem.ts';
import type { AskedKubelet } from './problem.ts';
import { tlsOptions } from './trust.ts';
import type { Trust } from './trust.ts';

/** A kubelet closes idle connections after 90 s; ours go before it does. */
export const KEEP_ALIVE_MS = 85_000;

const JSON_TYPE = 'application/json';

function requestOf({ path, headers, json }: Question): Dispatcher.DispatchOptions {
  return json === undefined
    ? { path, method: 'GET', headers }
    : { path, method: 'POST', headers: { ...headers, 'content-type': JSON_TYPE }, body: json };
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

/**
 * Dials when first asked, and again whenever the connection was lost. It is closed when nothing was asked for
 * `keepAliveMs`.
 */
export function openConnection(
  asked: AskedKubelet & Required<Pick<AskedKubelet, 'address'>>,
  trust?: Trust,
  bodies = new BodyPool(),
  keepAliveMs = KEEP_ALIVE_MS
): KubeletConnection {
  const origin = `${asked.https ? 'https' : 'http'}://${hostAndPort(asked.address)}`;
  const join = bodies.join.bind(bodies);
  const tls = trust ? tlsOptions(trust, asked.nodeName, asked.address.host) : {};
  // A connection that was closed is taken up where it was: a handshake without certificates costs a third.
  let session: Buffer | undefined;
  let client = open();
  let hasAnswered = false;

  function open(): Client {
    return new Client(origin, {
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // The deadline of each question is the only one that counts.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: dial,
    });
  }

  function dial(options: buildConnector.Options, done: buildConnector.Callback): void {
    const connect = buildConnector({ ...tls, allowH2: false, timeout: 0, session });
    connect(options, (...result) => {
      const [, socket] = result;
      if (socket instanceof TLSSocket) {
        socket.on('session', (newest) => (session = newest));
      }
      done(...result);
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
    const attempt = (leftMs: number): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const handler = new AnswerHandler(asked, question, { resolve, reject, join, hangUp: reopen }, leftMs);
        client.dispatch(requestOf(question), handler);
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
