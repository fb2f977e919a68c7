import { expect, test } from '@grafana/plugin-e2e';
import type { Locator, Page } from '@playwright/test';
import { DATASOURCE } from './heapscope.ts';

const ROUTE = new RegExp(`/api/datasources/proxy/uid/${DATASOURCE.uid}/(query|stream)/`);

/** Which of the routes for values the page asks from now on. */
function watchRoutes(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(...(ROUTE.exec(request.url())?.slice(1) ?? [])));
  return asked;
}

/** Passes once what is drawn has changed twice, for which two rounds have to be collected. */
async function expectMoving(drawn: Locator): Promise<void> {
  const look = async () => (await drawn.screenshot()).toString('base64');
  for (let round = 0; round < 2; round++) {
    const before = await look();
    await expect.poll(async () => (await look()) === before, { timeout: 150_000 }).toBe(false);
  }
}

test('a panel with a live query moves by itself, without a refresh', async ({ panelEditPage, page }) => {
  await panelEditPage.datasource.set(DATASOURCE.name);
  await panelEditPage.timeRange.set({ from: 'now-15m', to: 'now' });
  await expect(panelEditPage.panel.locator).toContainText('kube-system');
  const asked = watchRoutes(page);
  // The switch lies below its drawing.
  await panelEditPage.getQueryEditorRow('A').getByTestId('heapscope-live').check({ force: true });
  await expect.poll(() => asked).toEqual(['stream']);
  await expectMoving(panelEditPage.panel.locator.locator('canvas'));
  expect(asked).toEqual(['stream']);
  await expect(panelEditPage.panel.getErrorIcon()).not.toBeVisible();
});

test('Explore moves in its live mode and gives its stream up when that is left', async ({ explorePage, page }) => {
  await explorePage.datasource.set(DATASOURCE.name);
  await expect(explorePage.timeSeriesPanel.locator).toContainText('cpu/usage_rate');
  const asked = watchRoutes(page);
  const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/stream/'));
  await page.locator('button', { hasText: /^Live$/ }).click();
  await expect.poll(() => asked).toEqual(['stream']);
  await expectMoving(explorePage.timeSeriesPanel.locator.locator('canvas'));
  expect(asked).toEqual(['stream']);
  await expect(explorePage.timeSeriesPanel.getErrorIcon()).not.toBeVisible();

  await page.getByRole('button', { name: 'Stop and exit the live stream' }).click();
  await ended;
});
