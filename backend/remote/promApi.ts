import { HeapscopeError } from '../errors.ts';
import { answerText, type Endpoint, type EndpointAnswer } from './endpoint.ts';

/** A series as the engine answers: labels, and pairs of time in seconds and value as text. */
export interface PromSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: ReadonlyArray<readonly [number, string]>;
}

export interface PromApiOptions {
  readonly endpoint: Endpoint;
  readonly timeoutMs: number;
  /** Longest answer that is read. */
  readonly maxAnswerBytes: number;
}

/** Engines refuse to answer with more points per series at once. */
const MOST_POINTS = 10_000;

/** Asks a Prometheus-compatible engine. Rejects with `remote_unreachable`, `remote_refused`, `bad_request` or `limit_exceeded`. */
export class PromApi {
  private readonly options: PromApiOptions;

  constructor(options: PromApiOptions) {
    this.options = options;
  }

  /** The values of an expression at times that are equally far apart. */
  async queryAt(query: string, timesMs: readonly number[], signal: AbortSignal): Promise<PromSeries[]> {
    if (timesMs.length < 2) {
      return timesMs.length === 0 ? [] : this.queryOnce(query, timesMs[0], signal);
    }
    const found: PromSeries[] = [];
    for (let from = 0; from < timesMs.length; from += MOST_POINTS) {
      const part = timesMs.slice(from, from + MOST_POINTS);
      const data = await this.ask('/api/v1/query_range', signal, [
        ['query', query],
        ['start', seconds(part[0])],
        ['end', seconds(part[part.length - 1])],
        ['step', seconds(timesMs[1] - timesMs[0])],
      ]);
      found.push(...resultOf(data).map((one) => seriesOf(one, 'values')));
    }
    return found;
  }

  /** All values a label has in series that match one of the selectors in a range. */
  async labelValues(
    label: string,
    selectors: readonly string[],
    range: { fromMs: number; toMs: number },
    signal: AbortSignal
  ): Promise<string[]> {
    const data = await this.ask(`/api/v1/label/${label}/values`, signal, [
      ...selectors.map((selector) => ['match[]', selector] as const),
      ['start', seconds(range.fromMs)],
      ['end', seconds(range.toMs)],
    ]);
    if (!Array.isArray(data) || !data.every((value) => typeof value === 'string')) {
      throw this.unreadable();
    }
    return data;
  }

  private async queryOnce(query: string, timeMs: number, signal: AbortSignal): Promise<PromSeries[]> {
    const data = await this.ask('/api/v1/query', signal, [
      ['query', query],
      ['time', seconds(timeMs)],
    ]);
    return resultOf(data).map((one) => seriesOf(one, 'value'));
  }

  private async ask(
    path: string,
    signal: AbortSignal,
    parameters: ReadonlyArray<readonly [string, string]>
  ): Promise<unknown> {
    const { endpoint, timeoutMs, maxAnswerBytes } = this.options;
    const isQuery = path.includes('query');
    // VictoriaMetrics keeps answers, which would hide samples that came late.
    const form = new URLSearchParams({ nocache: '1' });
    parameters.forEach(([name, value]) => form.append(name, value));
    if (isQuery) {
      form.set('timeout', `${timeoutMs}ms`);
    }
    const answer = await endpoint.ask({
      ...(isQuery ? { method: 'POST', path, body: form.toString() } : { method: 'GET', path: `${path}?${form}` }),
      headers: isQuery ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
      timeoutMs,
      maxAnswerBytes,
      signal,
    });
    const content = readContent(answer);
    if (answer.status !== 200 || content?.status !== 'success') {
      throw this.refusal(answer, content);
    }
    return content.data;
  }

  private refusal(answer: EndpointAnswer, content: Content | undefined): HeapscopeError {
    const { title } = this.options.endpoint;
    const { status } = answer;
    const said = (content?.error ?? answerText(answer)) || 'nothing';
    const sentence = `${title} answered a question for older values with ${status}: ${said.replace(/\.$/, '')}.`;
    if (/error parsing regexp|invalid regexp|cannot parse regex/i.test(said)) {
      return new HeapscopeError('bad_request', `A regular expression of the query is not valid: ${said}.`);
    }
    if (status === 422 || /too many samples|timed? ?out|deadline|exceeds the limit/i.test(content?.error ?? '')) {
      const advice = 'Ask for a shorter range or fewer series, or raise the limits of that engine.';
      return new HeapscopeError('limit_exceeded', `${sentence} ${advice}`);
    }
    return new HeapscopeError(status >= 500 ? 'remote_unreachable' : 'remote_refused', sentence);
  }

  private unreadable(): HeapscopeError {
    const { title } = this.options.endpoint;
    const sentence = `${title} answered something that is not the answer of a Prometheus API. Check the address in --history.`;
    return new HeapscopeError('remote_refused', sentence);
  }
}

interface Content {
  readonly status?: unknown;
  readonly data?: unknown;
  readonly error?: string;
}

function readContent({ body }: EndpointAnswer): Content | undefined {
  try {
    const content: unknown = JSON.parse(body.toString('utf8'));
    if (typeof content !== 'object' || content === null) {
      return undefined;
    }
    const { status, data, error } = content as Record<string, unknown>;
    return { status, data, error: typeof error === 'string' ? error : undefined };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function resultOf(data: unknown): unknown[] {
  const result = typeof data === 'object' && data !== null && 'result' in data ? data.result : undefined;
  return Array.isArray(result) ? (result as unknown[]) : [];
}

function seriesOf(one: unknown, field: 'value' | 'values'): PromSeries {
  const { metric = {}, [field]: found = [] } = (one ?? {}) as Record<string, never>;
  return { metric, values: field === 'value' ? [found as unknown as [number, string]] : found };
}

function seconds(timeMs: number): string {
  return (timeMs / 1000).toFixed(3);
}
