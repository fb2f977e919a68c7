import { expect, test } from '@grafana/plugin-e2e';
import type { Page } from '@playwright/test';
import { DATASOURCE } from './heapscope.ts';

const QUERY_ROUTE = `/api/datasources/proxy/uid/${DATASOURCE.uid}/`;

/**
 * What is wrong with which panel. Panels are brought into sight one after the other, since Grafana asks for the data of
 * a panel only then.
 */
async function findFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const panels = page.locator('[data-viz-panel-key]');
  await panels.first().waitFor();
  for (let index = 0; index < (await panels.count()); index++) {
    const panel = panels.nth(index);
    await panel.scrollIntoViewIfNeeded();
    await expect(panel.getByLabel('Panel loading bar')).toHaveCount(0);
    const title = await panel.getByRole('heading').first().textContent();
    if (await panel.getByTestId('data-testid Panel status error').count()) {
      faults.push(`${title}: an error`);
    } else if (await panel.getByText('No data', { exact: true }).count()) {
      faults.push(`${title}: no data`);
    }
  }
  return faults;
}

for (const uid of ['heapscope-cluster', 'heapscope-pods']) {
  test(`every panel of ${uid} has data and no error`, async ({ gotoDashboardPage, page }, testInfo) => {
    const refused: string[] = [];
    page.on('response', async (response) => {
      if (response.url().includes(QUERY_ROUTE) && !response.ok()) {
        refused.push(`${response.status()} ${response.url()} ${await response.text()}`);
      }
    });
    await gotoDashboardPage({ uid, timeRange: { from: 'now-15m', to: 'now' } });
    for (const row of await page.getByRole('button', { name: 'Expand row' }).all()) {
      await row.click();
    }
    expect(await findFaults(page)).toEqual([]);
    expect(refused).toEqual([]);
    await page.screenshot({ path: testInfo.outputPath(`${uid}.png`) });
  });
}
