import { answerText, type EndpointAnswer } from './endpoint.ts';

export type Protocol = '1.0' | '2.0';

/** It would be refused again. `status` tells the like apart. */
export interface Refusal {
  readonly kind: 'refused';
  readonly problem: string;
  readonly status: number;
  readonly sentCount: number;
  /** The receiver said by 2.0 how much it wrote: it speaks 2.0. */
  readonly isConfirmed: boolean;
}

/** What became of samples. */
export type Outcome =
  | { readonly kind: 'sent'; readonly sampleCount: number; readonly isConfirmed: boolean }
  /** `delayMs`: as the receiver asks for. */
  | { readonly kind: 'retry'; readonly problem: string; readonly delayMs: number }
  | Refusal;

/** The receiver seems not to speak this protocol: the same samples may be sent by the other one. `refusal`: if that is in vain too. */
export interface OtherProtocol {
  readonly kind: 'other_protocol';
  readonly refusal: Refusal;
}

/** What is asked for at most, so that a mistaken answer does not stop everything. */
const LONGEST_DELAY_MS = 10 * 60_000;

export interface Judged {
  readonly title: string;
  readonly protocol: Protocol;
  /** Whether the other protocol may be tried instead. */
  readonly mayChange: boolean;
  /** Whether the receiver has shown that it speaks 2.0. */
  readonly speaksVersion2: boolean;
  readonly sampleCount: number;
  readonly nowMs: number;
}

/** Judges an answer by both specifications: again on 5xx and 429 only, and only what a 2.0 receiver says it wrote is written. */
export function judgeAnswer(answer: EndpointAnswer, judged: Judged): Outcome | OtherProtocol {
  const { status } = answer;
  const { title, protocol, sampleCount } = judged;
  const written = protocol === '2.0' ? writtenSamples(answer) : undefined;
  const isConfirmed = written !== undefined;
  const sentCount = Math.min(written ?? 0, sampleCount);
  const refused = (problem: string): Outcome | OtherProtocol => {
    const refusal: Refusal = { kind: 'refused', problem, status, sentCount, isConfirmed };
    return isForOther(status, written, judged) ? { kind: 'other_protocol', refusal } : refusal;
  };
  const said = `${title} answered ${status}${answerText(answer) === '' ? '' : ` (${answerText(answer)})`}`;
  if (status >= 200 && status < 300) {
    if (protocol === '1.0' || sentCount === sampleCount) {
      return { kind: 'sent', sampleCount, isConfirmed };
    }
    return refused(
      `${title} took ${sentCount} of ${sampleCount} samples of a request by protocol 2.0. If it speaks 1.0 only, set protocol=1.0.`
    );
  }
  if (status >= 500 || status === 429) {
    const delayMs = Math.min(LONGEST_DELAY_MS, retryAfterMs(answer, judged.nowMs));
    const problem = `${said}. Samples wait and are sent again.`;
    return { kind: 'retry', problem, delayMs };
  }
  if (status >= 300 && status < 400) {
    const to = String(answer.headers.location ?? 'another address');
    const problem = `${title} answered ${status}, a redirection to ${to}. Give the address that it redirects to; samples wait.`;
    return { kind: 'retry', problem, delayMs: 0 };
  }
  return refused(`${said}. ${adviceOf(status)}`);
}

/**
 * 415 is about the protocol, whichever it was. 400 and a success without a count may be: but not of who speaks 2.0, which
 * says what it wrote also when it refuses the rest; the same samples by 1.0 would be there twice.
 */
function isForOther(status: number, written: number | undefined, judged: Judged): boolean {
  const { protocol, mayChange, speaksVersion2 } = judged;
  if (!mayChange || (written !== undefined && written > 0)) {
    return false;
  }
  const isUnclear = status === 400 || status < 300;
  return status === 415 || (isUnclear && protocol === '2.0' && !speaksVersion2 && written === undefined);
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
    case 415:
      return 'It does not take this protocol of remote write, so samples are lost; leave protocol at auto, or set the one that it takes.';
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
