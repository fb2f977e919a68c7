import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from './api/answers.ts';
import { ApiListener } from './api/apiListener.ts';
import { readJson } from './api/readJson.ts';
import type { Fault, Faults } from './faults.ts';
import type { Operator } from './operator.ts';

/** What can be asked of a simulator over HTTP. */
export interface Controlled {
  faults: Faults;
  operator: Operator;
  status(): unknown;
}

type Wish = Record<string, unknown>;

/** Opens the control port: status, faults and what an operator does. It asks for no token and should stay on loopback. */
export async function openControl(host: string, port: number, controlled: Controlled): Promise<ApiListener> {
  const listener = new ApiListener(host, port, undefined, (request, response) => answer(controlled, request, response));
  await listener.open();
  return listener;
}

async function answer(controlled: Controlled, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${(request.url ?? '/').split('?')[0]}`;
  const act = ROUTES[route];
  if (!act) {
    request.resume();
    return reply(response, 404, { message: `The control port knows ${Object.keys(ROUTES).join(', ')}.` });
  }
  const body = await readJson(request);
  try {
    reply(response, 200, (await act(controlled, (body ?? {}) as Wish)) ?? { done: true });
  } catch (error) {
    reply(response, 400, { message: error instanceof Error ? error.message : String(error) });
  }
}

const ROUTES: Record<string, (controlled: Controlled, wish: Wish) => unknown> = {
  'GET /simulator/status': ({ status }) => status(),
  'GET /simulator/faults': ({ faults }) => faults.all(),
  'POST /simulator/faults': async ({ faults }, wish) => {
    const { node, fault, ...numbers } = wish;
    const target = textOf(node, 'node');
    await (fault === null
      ? faults.clear(target)
      : faults.set(target, { kind: textOf(fault, 'fault'), ...numbers } as Fault));
    return faults.all();
  },
  'DELETE /simulator/faults': async ({ faults }) => {
    await faults.clear();
    return faults.all();
  },
  'POST /simulator/scale': ({ operator }, wish) => {
    if (!Number.isInteger(wish.replicas) || Number(wish.replicas) < 0) {
      throw new Error('"replicas" must be a whole number that is not negative.');
    }
    operator.scale(textOf(wish.namespace, 'namespace'), textOf(wish.name, 'name'), Number(wish.replicas));
  },
  'POST /simulator/rollout': ({ operator }, wish) =>
    operator.rollout(textOf(wish.namespace, 'namespace'), textOf(wish.name, 'name')),
  'POST /simulator/delete-pod': ({ operator }, wish) =>
    operator.deletePod(textOf(wish.namespace, 'namespace'), textOf(wish.name, 'name')),
};

function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') {
    throw new Error(`"${name}" must be a text in the request's JSON.`);
  }
  return value;
}

function reply(response: ServerResponse, code: number, content: unknown): void {
  sendText(response, code, `${JSON.stringify(content, null, 2)}\n`);
}
