import { answerText, type EndpointAnswer } from './endpoint.ts';

export type Protocol = '1.0' | '2.0';

/** What an answer to a request means for its samples. */
export type Outcome =
  | { readonly kind: 'sent'; readonly sampleCount: number; readonly isConfirmed: boolean }
  /** The receiver does not speak 2.0: the same samples are sent again by 1.0. */
  | { readonly kind: 'other_protocol' }
  /** `delayMs`: as the receiver asks for. */
  | { readonly kind: 'retry'; readonly problem: string; readonly delayMs: number }
  /** It would be refused again. `status` tells the like apart. */
  | { readonly kind: 'refused'; readonly problem: string; readonly status: number; readonly sentCount: number };

/** What is asked for at most, so that a mistaken answer does not stop everything. */
const LONGEST_DELAY_MS = 10 * 60_000;

export interface Judged {
  readonly title: string;
  readonly protocol: Protocol;
  /** Whether 1.0 may be tried instead. */
  readonly mayFallBack: boolean;
  readonly sampleCount: number;
  readonly nowMs: number;
}

/** Judges an answer by both specifications: again on 5xx and 429 only, and only what a 2.0 receiver says it wrote is written. */
export function judgeAnswer(answer: EndpointAnswer, judged: Judged): Outcome {
  const { status } = answer;
  const { title, protocol, mayFallBack, sampleCount } = judged;
  const written = protocol === '2.0' ? writtenSamples(answer) : undefined;
  const said = `${title} answered ${status}${answerText(answer) === '' ? '' : ` (${answerText(answer)})`}`;
  if (status >= 200 && status < 300) {
    if (protocol === '1.0' || (written !== undefined && written >= sampleCount)) {
      return { kind: 'sent', sampleCount, isConfirmed: protocol === '2.0' };
    }
    if (mayFallBack && written === undefined) {
      return { kind: 'other_protocol' };
    }
    const sentCount = written ?? 0;
    const problem = `${title} took ${sentCount} of ${sampleCount} samples of a request by protocol 2.0. If it speaks 1.0 only, set protocol=1.0.`;
    return { kind: 'refused', problem, status, sentCount };
  }
  if (status >= 500 || status === 429) {
    const delayMs = Math.min(LONGEST_DELAY_MS, retryAfterMs(answer, judged.nowMs));
    const problem = `${said}. Samples wait and are sent again.`;
    return { kind: 'retry', problem, delayMs };
  }
  if (mayFallBack && (status === 415 || status === 400)) {
    return { kind: 'other_protocol' };
  }
  if (status >= 300 && status < 400) {
    const to = String(answer.headers.location ?? 'another address');
    const problem = `${title} answered ${status}, a redirection to ${to}. Give the address that it redirects to; samples wait.`;
    return { kind: 'retry', problem, delayMs: 0 };
  }
  return { kind: 'refused', problem: `${said}. ${adviceOf(status)}`, status, sentCount: written ?? 0 };
}

function adviceOf(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'Samples are lost until its credentials are right; check tokenFile, basicAuthFile and the headers.';
    case 404:
    case 405:
      return 'Samples are lost until the address is right, such as https://HOST/api/v1/write (Prometheus needs --web.enable-remote-write-receiver).';
    case 400:
      return 'It refused some samples, which are lost; samples that are late are taken only with out_of_order_time_window in Prometheus and Mimir.';
    default:
      return 'It would refuse the same samples again, so they are lost.';
  }
}

function writtenSamples({ headers }: EndpointAnswer): number | undefined {
  const text = headers['x-prometheus-remote-write-samples-written'];
  const count = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isNaN(count) ? undefined : count;
}

/** `Retry-After` as seconds or as a date; 0 without one. */
function retryAfterMs({ headers }: EndpointAnswer, nowMs: number): number {
  const text = headers['retry-after'];
  if (typeof text !== 'string') {
    return 0;
  }
  const delayMs = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
}
