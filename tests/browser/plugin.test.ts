import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page, Request } from 'playwright-core';
import type { TestServer } from '../support/server.ts';
import { buildPage, buildPlugin } from './buildPlugin.ts';
import { launchChromium } from './chromium.ts';
import { startDemoBackend, type DemoBackend } from './demoBackend.ts';
import type { Stage } from './page/main.tsx';
import { servePage, type SavedSettings } from './pageServer.ts';

declare const window: { stage: Stage };

jest.setTimeout(180_000);

const MODULE_LIMIT_KIB = 60;

let folder: string;
let backend: DemoBackend;
let browser: Browser;
let server: TestServer;
let page: Page;
const saved: SavedSettings = { backendUrl: '', token: '' };
const complaints: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heapscope-browser-'));
  browser = await launchChromium();
  // Before anything that may fail, so that it is there to be stopped.
  backend = await startDemoBackend();
  await Promise.all([buildPlugin(join(folder, 'plugin')), buildPage(folder)]);
  Object.assign(saved, { backendUrl: backend.url, token: backend.token });
  server = await servePage(folder, join(folder, 'plugin'), saved);
  page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(server.url);
  await page.evaluate((url) => window.stage.open(url), backend.url);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await backend?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const choose = async (testId: string, option: string | RegExp) => {
  await page.getByTestId(testId).click();
  await page.getByRole('option', { name: option }).first().click();
  // On a busy machine the next click would come before the choice is drawn, and know nothing of it.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
};

test('the module is small enough to be loaded with every dashboard', () => {
  const module = readFileSync(join(folder, 'plugin', 'module.js'));
  expect(gzipSync(module).length / 1024).toBeLessThan(MODULE_LIMIT_KIB);
});

test('"Save & test" says how many nodes, pods and metrics the backend sees', async () => {
  const result = await page.evaluate(() => window.stage.test());
  expect(result).toMatchObject({
    status: 'success',
    message: expect.stringMatching(/sees 3 nodes \(3 answering\), \d+ pods in \d+ namespaces and \d+ metrics/),
  });
});

test('a wrong token is named as such', async () => {
  saved.token = 'wrong';
  const result = await page.evaluate(() => window.stage.test());
  saved.token = backend.token;
  expect(result).toMatchObject({ status: 'error', message: expect.stringContaining('refused the token') });
});

test('the config editor takes an address and corrects one that cannot work', async () => {
  await page.getByLabel('Address').fill('heapscope');
  await page.getByLabel('Token').click();
  await page.getByText('"heapscope" is no address').waitFor();
  await page.getByLabel('Address').fill('http://heapscope:8082/');
  await page.getByLabel('Token').click();
  await page.getByText('is no address').waitFor({ state: 'detached' });
  expect(await page.getByLabel('Address').inputValue()).toBe('http://heapscope:8082');
});

test('level, metric and a namespace are picked, and a frame of that namespace comes', async () => {
  await choose('heapscope-level', 'Pod');
  await choose('heapscope-metric', /^memory\/working_set/);
  await page.locator('#query').getByTestId('heapscope-add-filter').click();
  await page.locator('#query').getByTestId('heapscope-filter-1-value').click();
  await page.getByRole('option', { name: 'kube-system' }).waitFor();
  const options = await page.getByRole('option').allTextContents();
  expect(options).toEqual(expect.arrayContaining(['default', 'kube-system']));
  expect(options.length).toBeGreaterThan(2);
  await page.getByRole('option', { name: 'kube-system' }).click();

  const { data, errors } = await page.evaluate(() => window.stage.runPanel());
  expect(errors).toBeUndefined();
  const [time, ...series] = data[0].fields;
  expect(time.type).toBe('time');
  expect(series.length).toBeGreaterThan(1);
  for (const field of series) {
    expect(field).toMatchObject({ type: 'number', labels: { namespace: 'kube-system' }, config: { unit: 'bytes' } });
    expect(field.config.displayNameFromDS).toMatch(/^kube-system\/./);
  }
});

test('objects are combined, and the top of them is kept', async () => {
  await page.locator('#query').getByRole('button', { name: 'Remove filter 1' }).click();
  await choose('heapscope-aggregation', 'Sum');
  await choose('heapscope-group-by', 'namespace');
  await page.keyboard.press('Escape');
  await choose('heapscope-limit-order', 'Top');
  await page.getByTestId('heapscope-limit-count').fill('2');
  await page.getByTestId('heapscope-limit-count').press('Enter');
  const { data } = await page.evaluate(() => window.stage.runPanel());
  expect(data[0].fields).toHaveLength(3);
  expect(Object.keys(data[0].fields[1].labels ?? {})).toEqual(['namespace']);
});

test('a live panel gets a second value as soon as it is collected, without asking again', async () => {
  const asked: string[] = [];
  const note = (request: Request) => asked.push(new URL(request.url()).pathname);
  page.on('request', note);
  const shown = await page.evaluate(() => window.stage.watchPanel(2));
  page.off('request', note);
  const times = shown.map(({ data }) => data[0].fields[0].values);
  expect(times[1].at(-1)).toBeGreaterThan(times[0].at(-1));
  expect(shown.map(({ state, key }) => [state, key])).toEqual(Array(2).fill(['Streaming', 'heapscope-page']));
  expect(asked).toEqual(['/api/datasources/proxy/uid/heapscope/stream/']);
});

test('a variable lists every namespace, not only default and kube-system', async () => {
  await choose('heapscope-dimension', 'namespace');
  const names = await page.evaluate(() => window.stage.runVariable());
  expect(names).toEqual(expect.arrayContaining(['default', 'kube-system']));
  expect(names.length).toBeGreaterThan(2);
});

test('a chained variable lists the pods of the chosen namespaces', async () => {
  await page.evaluate(() =>
    Object.assign(window.stage.variables, { namespace: { value: ['kube-system', 'default'] } })
  );
  await choose('heapscope-dimension', 'pod');
  await page.locator('#variable').getByTestId('heapscope-add-filter').click();
  await page.locator('#variable').getByTestId('heapscope-filter-1-value').click();
  await page.getByRole('option', { name: '$namespace' }).click();
  const pods = await page.evaluate(() => window.stage.runVariable());
  await page.evaluate(() => Object.assign(window.stage.variables, { namespace: { value: ['kube-system'] } }));
  const fewer = await page.evaluate(() => window.stage.runVariable());
  expect(fewer.length).toBeGreaterThan(0);
  expect(pods).toEqual(expect.arrayContaining(fewer));
});

test('a metric nobody knows is the error of its query, in the words of the backend', async () => {
  await page.getByTestId('heapscope-metric').fill('cpu/nonsense');
  await page.getByTestId('heapscope-metric').press('Enter');
  const { data, errors } = await page.evaluate(() => window.stage.runPanel());
  expect(data).toEqual([]);
  expect(errors).toMatchObject([{ refId: 'A', message: expect.stringContaining('cpu/nonsense') }]);
});

test('when the backend is gone, pickers and panels say so', async () => {
  await backend.stop();
  await page.locator('#query').getByTestId('heapscope-add-filter').click();
  await page.locator('#query').getByTestId('heapscope-filter-1-value').click();
  await page.locator('#query').getByText('Grafana cannot reach the Heapscope backend').waitFor();
  await expect(page.evaluate(() => window.stage.runPanel())).rejects.toThrow(/cannot reach the Heapscope backend/);
});

test('nothing failed unseen in the page', () => {
  expect(complaints).toEqual([]);
});
