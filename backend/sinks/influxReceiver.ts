import { Pool } from 'undici';
import { codeOf, HeapscopeError, sentenceOf } from '../errors.ts';
import type { Receiver } from './deliveryQueue.ts';

/** An InfluxDB 1.x and the database in it. */
export interface InfluxTarget {
  /** Scheme, host and port. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** How long a database keeps its values that is created here, such as `30d`; undefined: for ever. */
  readonly retention?: string;
  readonly insecureTls: boolean;
  readonly concurrency: number;
}

/** Heapster wrote into a policy of this name and made it the default one. */
const POLICY = 'default';
const ANSWER_WITHIN_MS = 30_000;
const LONGEST_ANSWER = 16 * 1024;
const LONGEST_QUOTE = 300;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Writes to InfluxDB's `/write`, and creates database and retention policy where they are missing. */
export class InfluxReceiver implements Receiver {
  readonly title: string;
  private readonly target: InfluxTarget;
  private readonly pool: Pool;
  private readonly authorization: string;
  private prepared?: Promise<string | undefined>;

  constructor(target: InfluxTarget) {
    this.title = `InfluxDB at ${target.url} (database ${target.database})`;
    this.target = target;
    this.authorization = `Basic ${Buffer.from(`${target.user}:${target.password}`).toString('base64')}`;
    this.pool = new Pool(target.url, {
      connections: target.concurrency,
      connect: { rejectUnauthorized: !target.insecureTls },
    });
  }

  async send(body: Buffer, isPacked: boolean, signal: AbortSignal): Promise<void> {
    await this.prepare(signal);
    let answer = await this.write(body, isPacked, signal);
    if (lacksDatabase(answer)) {
      this.prepared = undefined;
      const problem = await this.prepare(signal);
      answer = await this.write(body, isPacked, signal);
      if (lacksDatabase(answer)) {
        const sentence = `It says: ${quote(answer)}. Creating it failed: ${problem ?? 'it gives no reason'}. Let an administrator run ${this.creation()}.`;
        throw new HeapscopeError('sink_refused', sentence);
      }
    }
    judge(answer, this.target.user);
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  private write(body: Buffer, isPacked: boolean, signal: AbortSignal): Promise<Answer> {
    const query = new URLSearchParams({ db: this.target.database, rp: POLICY, precision: 'ns' });
    const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8' };
    if (isPacked) {
      headers['content-encoding'] = 'gzip';
    }
    return this.post(`/write?${query}`, body, headers, signal);
  }

  /** Creates what is missing, once for all who wait; tells why it could not. */
  private prepare(signal: AbortSignal): Promise<string | undefined> {
    this.prepared ??= this.createDatabase(signal).catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  /**
   * A database that is there keeps its policies as they are, since another duration would delete what is older. One without
   * the policy gets it, as the default one: it is where Heapster's dashboards look.
   */
  private async createDatabase(signal: AbortSignal): Promise<string | undefined> {
    const created = await this.query(this.creation(), signal);
    if (!/conflicts with an existing policy/.test(created.text)) {
      return errorOf(created);
    }
    const on = `ON ${name(this.target.database)} DURATION ${this.duration()} REPLICATION 1 DEFAULT`;
    return errorOf(await this.query(`CREATE RETENTION POLICY ${name(POLICY)} ${on}`, signal));
  }

  private creation(): string {
    return `CREATE DATABASE ${name(this.target.database)} WITH DURATION ${this.duration()} REPLICATION 1 NAME ${name(POLICY)}`;
  }

  private duration(): string {
    return this.target.retention ?? 'INF';
  }

  /** A statement. Who may not make it, or cannot, may still be able to write into what somebody else has made. */
  private async query(statement: string, signal: AbortSignal): Promise<Answer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = Buffer.from(new URLSearchParams({ q: statement }).toString());
    const answer = await this.post('/query', body, headers, signal);
    if (answer.status === 401 || isTemporary(answer)) {
      judge(answer, this.target.user);
    }
    return answer;
  }

  private async post(
    path: string,
    body: Buffer,
    headers: Record<string, string>,
    signal: AbortSignal
  ): Promise<Answer> {
    try {
      const answer = await this.pool.request({
        path,
        method: 'POST',
        headers: { ...headers, authorization: this.authorization, 'user-agent': 'heapscope' },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      return { status: answer.statusCode, text: await readStart(answer.body) };
    } catch (cause) {
      throw new HeapscopeError('sink_unreachable', `${reason(cause)}.${adviceFor(cause)}`, { cause });
    }
  }
}

/** The beginning of an answer, which is all that anybody reads of it. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= LONGEST_ANSWER) {
      break;
    }
  }
  return Buffer.concat(chunks).toString('utf8', 0, LONGEST_ANSWER);
}

/** InfluxDB says 404 for a missing database and 500 for a missing policy. */
function lacksDatabase({ status, text }: Answer): boolean {
  return (status === 404 && /database not found/.test(text)) || /retention policy not found/.test(text);
}

/** Whether the same request may succeed later. */
function isTemporary({ status }: Answer): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function judge(answer: Answer, user: string): void {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    return;
  }
  if (isTemporary(answer)) {
    throw new HeapscopeError('sink_unreachable', `It answered ${status}: ${quote(answer)}.`);
  }
  const advice =
    status === 401 || status === 403
      ? ` Check the options user (${user}) and pw.`
      : status >= 300 && status < 400
        ? ' Name the address it points to.'
        : ' Values refused are not sent again.';
  throw new HeapscopeError('sink_refused', `It answered ${status}: ${quote(answer)}.${advice}`);
}

/** What went wrong in the server's own words, on one line. */
function quote(answer: Answer): string {
  const text = (errorOf(answer) ?? answer.text).replace(/\s+/g, ' ').trim();
  return text === '' ? 'it gives no reason' : text.slice(0, LONGEST_QUOTE).replace(/\.$/, '');
}

interface ErrorBody {
  readonly error?: unknown;
  readonly results?: ReadonlyArray<{ readonly error?: unknown }>;
}

function errorOf({ text }: Answer): string | undefined {
  let body: ErrorBody | null;
  try {
    body = JSON.parse(text) as ErrorBody | null;
  } catch {
    return undefined; // not InfluxDB's own words
  }
  const error = body?.error ?? body?.results?.[0]?.error;
  return typeof error === 'string' ? error : undefined;
}

/** A name in InfluxQL. */
function name(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}

function reason(cause: unknown): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return `It did not answer within ${ANSWER_WITHIN_MS / 1000} s`;
  }
  return `It cannot be reached (${sentenceOf(cause) || codeOf(cause)})`;
}

function adviceFor(cause: unknown): string {
  return /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY/.test(codeOf(cause))
    ? ' Give it a certificate that this machine trusts, or accept any by insecuressl=true.'
    : '';
}
