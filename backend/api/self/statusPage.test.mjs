/** @jest-environment jsdom */
import { readFileSync } from 'node:fs';
import { joinScripts, SCRIPTS } from './statusPage.ts';
import { toStatusAnswer } from './statusAnswer.ts';
import { failing, node, report } from './testdata/report.ts';

const FOLDER = new URL('./page/', import.meta.url);
const read = (name) => readFileSync(new URL(name, FOLDER), 'utf8');

/** Puts the page into the document with a backend that knows one token, and waits for the first answer. */
async function open(given, token) {
  const asked = [];
  const known = (headers) => token === undefined || headers.Authorization === `Bearer ${token}`;
  const answer = async (path, { headers }) => {
    asked.push({ path, authorization: headers.Authorization });
    const ok = known(headers);
    const body = ok
      ? toStatusAnswer(given, undefined)
      : { code: 'unauthorized', message: 'The bearer token is not known.' };
    return { ok, status: ok ? 200 : 401, json: async () => JSON.parse(JSON.stringify(body)) };
  };
  Object.assign(window, {
    fetch: answer,
    requestAnimationFrame: (draw) => draw(),
    matchMedia: () => ({ matches: false }),
  });
  document.body.innerHTML = /<body>([\s\S]*)<script>/.exec(read('index.html'))?.[1] ?? '';
  new Function(joinScripts(SCRIPTS.map(read)))();
  await settle();
  return asked;
}

async function settle() {
  for (let turn = 0; turn < 10; turn++) {
    await Promise.resolve();
  }
}

const textOf = (selector) => document.querySelector(selector)?.textContent ?? '';

beforeEach(() => {
  jest.useFakeTimers();
  sessionStorage.clear();
  localStorage.clear();
});

afterEach(() => jest.useRealTimers());

test('the scripts are one valid program without imports', () => {
  const script = joinScripts(SCRIPTS.map(read));
  expect(() => new Function(script)).not.toThrow();
  expect(script).not.toMatch(/^\s*(import|export) /m);
  expect(script).not.toMatch(/<\/script|<!--/i);
});

test('the page shows the cluster, its problems first, and every node', async () => {
  const nodes = [
    node('worker-1'),
    failing('worker-2', 'kubelet_forbidden', 'Kubelet on node worker-2 refused (403). Allow `get` on `nodes/stats`.'),
  ];
  await open(report(nodes), undefined);
  expect(textOf('#cluster')).toBe('test · https://api');
  expect(textOf('#verdict')).toBe('1 problem');
  expect(textOf('#problems')).toBe('Kubelet on node worker-2 refused (403). Allow get on nodes/stats.');
  expect([...document.querySelectorAll('#problems code')].map((code) => code.textContent)).toEqual([
    'get',
    'nodes/stats',
  ]);
  expect(textOf('.figure')).toBe('1of 2 answering');
  const rows = [...document.querySelectorAll('.body')].filter((row) => !row.hidden);
  expect(rows.map((row) => row.querySelector('.words')?.textContent)).toEqual(['worker-2', 'worker-1']);
});

test('the page asks for the token once, says when it is wrong, and sends it as a bearer token', async () => {
  const asked = await open(report([node('a')]), 'the-right-token');
  const form = document.querySelector('#door');
  const input = document.querySelector('#token');
  const submit = async (token) => {
    input.value = token;
    form.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
  };
  expect(form.hidden).toBe(false);
  expect(textOf('#doorProblem')).toBe('');
  await submit('a-wrong-one');
  expect(textOf('#doorProblem')).toBe('The bearer token is not known.');
  await submit('the-right-token');
  expect(form.hidden).toBe(true);
  expect(sessionStorage.getItem('heapscope.token')).toBe('the-right-token');
  expect(asked.map(({ authorization }) => authorization)).toEqual([
    undefined,
    'Bearer a-wrong-one',
    'Bearer the-right-token',
  ]);
});

test('the page asks again every few seconds, telling which nodes it has', async () => {
  const asked = await open(report([node('a')]), undefined);
  jest.advanceTimersByTime(3_000);
  await settle();
  expect(asked.map(({ path }) => path)).toEqual([
    'api/self/v1/status',
    expect.stringMatching(/^api\/self\/v1\/status\?nodes=0-1-1-/),
  ]);
});

test('names and sentences are never read as HTML', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  await open(
    report([failing(evil, 'kubelet_refused', evil)], { cluster: { name: evil, apiServer: evil, problems: [evil] } }),
    undefined
  );
  expect(document.querySelector('img')).toBeNull();
  expect(textOf('#problems')).toContain(evil);
});

test('5,000 nodes make no more rows than fit into sight', async () => {
  await open(report(Array.from({ length: 5_000 }, (_, index) => node(`node-${index}`))), undefined);
  expect(document.querySelectorAll('.body').length).toBeLessThan(60);
  expect(document.querySelector('.window').style.height).toBe('250000px');
});
