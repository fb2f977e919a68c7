import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createMetricsApiApp } from './api/metricsapi/app.ts';
import { readBundle } from './api/metricsapi/clientCertificate.ts';
import type { AccessReviewer } from './api/metricsapi/types.ts';
import { startServer, type RunningServer, type ServerFlags, type TlsPair } from './api/server.ts';
import type { Config, MetricsApiConfig } from './config/config.ts';
import { followCertificate } from './followCertificate.ts';
import type { AuthenticationConfig } from './kubernetes/authenticationConfig.ts';
import type { Directory } from './kubernetes/directory.ts';
import type { Clock } from './rounds.ts';
import { createSelfSigned } from './selfSignedCertificate.ts';
import { LatestSamples } from './store/latestSamples.ts';
import type { RoundWriter } from './store/roundWriter.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Telemetry } from './telemetry/selfMetrics.ts';

const FLAGS: ServerFlags = {
  port: '--secure-port',
  address: '--bind-address',
  certificate: '--tls-cert-file and --tls-private-key-file',
};

export interface MetricsApiParts {
  readonly config: Config;
  readonly directory: Directory;
  readonly telemetry: Pick<Telemetry, 'countRequest'>;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `metrics.k8s.io` on its own port; nothing at all if it was not asked for. */
export interface MetricsApi {
  /** What has to hear of every round. */
  readonly writers: readonly RoundWriter[];
  /** Begins to listen and to follow what the cluster says of whom to trust. Closes `beside` if the address cannot be had. */
  listen(beside: RunningServer): Promise<void>;
  /** Where it listens. */
  url(): string | undefined;
  /** What is wrong at present. */
  problems(): string[];
  close(graceMs: number): Promise<void>;
}

/** Joins the door with the samples and the cluster. */
export function openMetricsApi(parts: MetricsApiParts): MetricsApi {
  const { metricsApi: own, collection } = parts.config;
  if (!own) {
    const nothing = () => Promise.resolve();
    return { writers: [], listen: nothing, url: () => undefined, problems: () => [], close: nothing };
  }
  const { clock, log } = parts;
  const samples = new LatestSamples({ resolutionMs: collection.resolutionMs });
  const trust = new FollowedTrust(parts);
  const stopping = new AbortController();
  let server: RunningServer | undefined;
  let running: ReadonlyArray<Promise<void>> = [];
  return {
    writers: [samples],
    async listen(beside) {
      const { current, read } = certificateOf(own, clock.nowMs());
      let pair = current;
      const app = createApp(parts, samples, trust);
      try {
        const tls = { ...pair, clientCas: trust.authorities() };
        server = await startServer({ app, port: own.port, listenIp: own.listenIp, tls, flags: FLAGS, log });
      } catch (error) {
        await beside.close(0);
        throw error;
      }
      const { renewTls } = server;
      const use = (next: TlsPair): void => {
        renewTls({ ...next, clientCas: trust.authorities() });
        pair = next;
      };
      running = [trust.follow(() => use(pair), stopping.signal)];
      if (read) {
        const files = { current, read, renew: use, flag: '--tls-cert-file' };
        running = [...running, followCertificate({ ...files, clock, log: sentences(log) }, stopping.signal)];
      }
      log.info(`metrics.k8s.io/v1beta1 is at ${server.url}apis.`);
    },
    url: () => server?.url,
    problems: () => trust.problems(),
    async close(graceMs) {
      stopping.abort(new Error('Heapscope stops.'));
      await Promise.all([...running, server?.close(graceMs)]);
    },
  };
}

function createApp(
  { directory, telemetry, version, clock, log }: MetricsApiParts,
  usage: LatestSamples,
  trust: FollowedTrust
): ReturnType<typeof createMetricsApiApp> {
  const reviewer: AccessReviewer = {
    async reviewToken(token) {
      const { authenticated, user, uid, groups, extra } = await directory.reviewToken(token);
      return authenticated ? { user, uid, groups, extra } : undefined;
    },
    mayAccess: (identity, asked) => directory.mayAccess(identity, asked),
  };
  return createMetricsApiApp({
    usage,
    facts: directory,
    reviewer,
    trust: () => trust.current,
    nowMs: clock.nowMs,
    version,
    log,
    countRequest: telemetry.countRequest,
  });
}

/** The certificate to begin with, and how it is read again; one that was made here stays. */
function certificateOf({ tls }: MetricsApiConfig, nowMs: number): { current: TlsPair; read?: () => TlsPair } {
  if (!tls) {
    return { current: createSelfSigned('heapscope', ['localhost', hostname(), '127.0.0.1', '::1'], nowMs) };
  }
  const read = (): TlsPair => ({
    certificate: readFileSync(tls.certificateFile, 'utf8'),
    key: readFileSync(tls.keyFile, 'utf8'),
  });
  return { current: read(), read };
}

/** Keeps what the cluster says of whom to trust. Without an answer the last one counts; without any, only tokens do. */
class FollowedTrust {
  current: AuthenticationConfig | undefined;
  private readonly parts: Pick<MetricsApiParts, 'directory' | 'log'>;
  private problem: string | undefined;
  private text = '';

  constructor(parts: Pick<MetricsApiParts, 'directory' | 'log'>) {
    this.parts = parts;
  }

  /** All authorities that clients may have a certificate of. */
  authorities(): string[] {
    const { requestHeaderCa = '', clientCa = '' } = this.current ?? {};
    return readBundle(`${requestHeaderCa}\n${clientCa}`).map((certificate) => certificate.toString());
  }

  problems(): string[] {
    return this.problem === undefined ? [] : [this.problem];
  }

  /** Takes every change until the signal aborts. */
  follow(onChange: () => void, signal: AbortSignal): Promise<void> {
    return this.parts.directory.followAuthentication(
      {
        found: (config) => this.take(config, onChange),
        problem: (sentence) => this.tell(sentence),
      },
      signal
    );
  }

  private take(found: AuthenticationConfig, onChange: () => void): void {
    const text = JSON.stringify(found);
    if (text !== this.text) {
      this.current = found;
      onChange();
      this.text = text;
    }
  }

  private tell(sentence: string | undefined): void {
    this.problem = sentence;
    if (sentence !== undefined) {
      const present = this.current ? 'is trusted as before' : 'is not trusted';
      this.parts.log.warn(`${sentence} Until then the aggregator of metrics.k8s.io ${present}.`);
    }
  }
}

function sentences(log: Logger): { info(sentence: string): void; warn(sentence: string): void } {
  return { info: (sentence) => log.info(sentence), warn: (sentence) => log.warn(sentence) };
}
