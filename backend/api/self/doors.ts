import { Router } from 'express';
import type { Door } from '../door.ts';
import { requireWholeCluster } from '../scope.ts';
import { heapsterHealth, illness, requireReady } from './health.ts';
import { loadStatusPage } from './statusPage.ts';
import { toStatusAnswer } from './statusAnswer.ts';
import type { HealthSource, SelfMetricsSource, StatusReport, StatusSource } from './types.ts';

export interface SelfDoorOptions {
  readonly status: StatusSource;
  readonly health: HealthSource;
  readonly metrics: SelfMetricsSource;
  readonly now: () => number;
}

/** A report is made at most this often, however many pages look at it. */
const REPORT_KEPT_MS = 1_000;

/** Health, own metrics, status data (these two with a token) and the status page. */
export function createSelfDoors(options: SelfDoorOptions): Door[] {
  return [
    { path: '/metrics', router: metricsRouter(options), access: 'token' },
    { path: '/api/self/v1', router: statusRouter(options), access: 'token' },
    { path: '/', router: publicRouter(options), access: 'public' },
  ];
}

function metricsRouter({ metrics }: SelfDoorOptions): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    requireWholeCluster(response);
    const { contentType, text } = await metrics.expose();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
  return router;
}

function statusRouter({ status, now }: SelfDoorOptions): Router {
  const router = Router();
  let kept: { readonly report: StatusReport; readonly untilMs: number } | undefined;
  router.get('/status', (request, response) => {
    requireWholeCluster(response);
    const nowMs = now();
    if (kept === undefined || nowMs >= kept.untilMs || nowMs < kept.untilMs - REPORT_KEPT_MS) {
      kept = { report: status.status(), untilMs: nowMs + REPORT_KEPT_MS };
    }
    const { nodes } = request.query;
    response.json(toStatusAnswer(kept.report, typeof nodes === 'string' ? nodes : undefined));
  });
  return router;
}

function publicRouter({ health }: SelfDoorOptions): Router {
  const router = Router();
  const page = loadStatusPage();
  router.get('/', (_request, response) => {
    response.setHeader('Content-Security-Policy', page.contentSecurityPolicy);
    response.type('html').send(page.html);
  });
  // Heapster listed its one check under its own name too.
  router.get(['/healthz', '/healthz/healthz'], (_request, response) => {
    const { isWell, text } = heapsterHealth(health.health());
    response
      .status(isWell ? 200 : 500)
      .type('text')
      .send(text);
  });
  router.get('/livez', (_request, response) => {
    const sentence = illness(health.health());
    response
      .status(sentence === undefined ? 200 : 500)
      .type('text')
      .send(sentence ?? 'ok');
  });
  router.get('/readyz', (_request, response) => {
    requireReady(health.health());
    response.type('text').send('ok');
  });
  return router;
}
