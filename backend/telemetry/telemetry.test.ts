import { createLogger } from './logger.ts';
import { createTelemetry } from './selfMetrics.ts';
import type { HealthSource } from './selfMetrics.ts';

function logged(format: 'json' | 'text', write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ level: 'info', format, write: (line) => lines.push(line) }));
  return lines.join('');
}

describe('the log', () => {
  test('never shows a secret, neither as a field nor inside of a sentence', () => {
    const text = logged('json', (log) => {
      log.info({ token: 'hush-1', headers: { authorization: 'hush-2' } }, 'asked');
      log.info('it said\nBearer hush-3-hush-3 and eyJhbGciOiJI.eyJzdWIiOiIx.hush4 and https://me:hush-5@host/');
      log.error({ error: new Error('401 for Bearer hush-6-hush-6') }, 'failed');
    });
    expect(text).not.toContain('hush');
    expect(text).toContain('[redacted]');
  });

  test('as text is one line per message with its fields, and leaves out what is below the level', () => {
    const text = logged('text', (log) => {
      log.debug('quiet');
      log.warn({ node: 'worker-1', nodes: 3 }, 'Something happened.');
    });
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}Something happened\. {2}node=worker-1 {2}nodes=3\n$/);
  });

  test('as text cannot be forged by line ends and escape sequences in what a client sent', () => {
    const text = logged('text', (log) =>
      log.warn({ path: '/x\n12:00:00.000 INFO all is well\u001b[31m' }, 'Odd\r\nrequest\u001b[2J')
    );
    expect(text.split('\n').filter((line) => /^\d\d:/.test(line))).toHaveLength(1);
    expect(text).not.toContain('\u001b');
  });
});

const source: HealthSource = {
  newestBatchMs: () => 60_000,
  nodesByState: () => ({ ok: 2, failing: 1 }),
  objectsByKind: () => ({ pod: 30 }),
  watchesByResource: () => ({ pods: 2 }),
  headBytes: () => 4096,
  headOldestMs: () => undefined,
  streamCount: () => 7,
};

describe('the self-metrics', () => {
  test('tell what was counted and what is asked at the moment of reading', async () => {
    let nowMs = 65_000;
    const telemetry = createTelemetry({ version: '1.2.3', now: () => nowMs, withoutProcess: true });
    telemetry.watch(source);
    telemetry.countScrape('ok');
    telemetry.countScrape('kubelet_timeout');
    telemetry.observeStep('decode', 0.002);
    telemetry.observeRound(1.5);
    telemetry.countRequest('/metrics', 200, 0.01);
    nowMs = 70_000;
    const { text, contentType } = await telemetry.expose();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('heapscope_build_info{version="1.2.3"} 1');
    expect(text).toContain('heapscope_scrapes_total{outcome="kubelet_timeout"} 1');
    expect(text).toContain('heapscope_step_duration_seconds_count{step="decode"} 1');
    expect(text).toContain('heapscope_round_duration_seconds_sum 1.5');
    expect(text).toContain('heapscope_newest_batch_age_seconds 10');
    expect(text).toContain('heapscope_nodes{state="failing"} 1');
    expect(text).toContain('heapscope_objects{kind="pod"} 30');
    expect(text).toContain('heapscope_watches_begun{resource="pods"} 2');
    expect(text).toContain('heapscope_streams 7');
    expect(text).toContain('heapscope_http_requests_total{route="/metrics",status="200"} 1');
  });

  test('of two backends in one process do not mix', async () => {
    const [one, other] = [1, 2].map(() => createTelemetry({ version: '1', now: Date.now, withoutProcess: true }));
    one.countScrape('ok');
    expect((await other.expose()).text).not.toContain('outcome="ok"');
  });

  test('tell memory and CPU of the process', async () => {
    const telemetry = createTelemetry({ version: '1', now: Date.now });
    const { text } = await telemetry.expose();
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('process_cpu_seconds_total');
  });

  test('label nothing by pod or by node', async () => {
    const telemetry = createTelemetry({ version: '1', now: Date.now });
    telemetry.watch(source);
    expect((await telemetry.expose()).text).not.toMatch(/[{,](node|pod|namespace|container)=/);
  });
});
