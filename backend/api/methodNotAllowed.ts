import type { RequestHandler, Router } from 'express';
import { HeapscopeError } from '../errors.ts';

/** What Express keeps per route of a router. */
interface RoutedLayer {
  readonly route?: object;
  match(path: string): boolean;
}

/**
 * Stands behind a door: if the door knows the path but not the method, answers 405 with the methods it knows. Sees the
 * routes of the router itself, not of routers inside of it.
 */
export function createMethodCheck(router: Router): RequestHandler {
  return (request, response, next) => {
    const methods = new Set<string>();
    for (const layer of router.stack as unknown as RoutedLayer[]) {
      if (layer.route !== undefined && layer.match(request.path)) {
        for (const method of methodsOf(layer.route)) {
          methods.add(method);
        }
      }
    }
    if (methods.size === 0) {
      next();
      return;
    }
    if (methods.has('GET')) {
      methods.add('HEAD');
    }
    const allow = [...methods].sort().join(', ');
    response.setHeader('Allow', allow);
    throw new HeapscopeError('method_not_allowed', `The method ${request.method} is not allowed here; use ${allow}.`);
  };
}

function methodsOf(route: object): string[] {
  const methods: unknown = 'methods' in route ? route.methods : undefined;
  return typeof methods === 'object' && methods !== null
    ? Object.keys(methods).map((method) => method.toUpperCase())
    : [];
}
