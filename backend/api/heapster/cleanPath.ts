import { posix } from 'node:path';
import type { RequestHandler } from 'express';

/** Roots of Heapster's own face. */
export const ROOTS = {
  model: '/api/v1/model',
  historical: '/api/v1/historical',
  export: '/api/v1/metric-export',
  exportSchema: '/api/v1/metric-export-schema',
  resourceMetrics: ['/apis/metrics.k8s.io/v1alpha1', '/apis/metrics/v1alpha1'],
} as const;

const BELOW_A_ROOT = /^\/(api\/v1\/(model|historical|metric-export)|apis\/metrics)\b/;

/** Sends clients that ask for a path with empty or dot segments to the clean one, as Go's server did. */
export const redirectToCleanPath: RequestHandler = (request, response, next) => {
  const [path, ...query] = request.url.split('?');
  const clean = BELOW_A_ROOT.test(path) ? cleaned(path) : path;
  if (clean === path) {
    next();
    return;
  }
  const location = [clean, ...query].join('?');
  response.statusCode = 301;
  response.setHeader('Location', location);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  const shown = location.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  response.end(request.method === 'GET' ? `<a href="${shown}">Moved Permanently</a>.\n\n` : undefined);
};

/** The path without empty and dot segments; the path itself if it has none, or cannot be read. */
function cleaned(path: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return path;
  }
  const clean = posix.normalize(decoded);
  return clean === decoded || clean.startsWith('//') || /[\0-\x1f\\]/.test(clean) ? path : encodeURI(clean);
}
