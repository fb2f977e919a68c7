import type { APIRequestContext, Locator, Page } from '@playwright/test';

/** What `provisioning/` calls them. */
export const DATASOURCE = { uid: 'heapscope', name: 'Heapscope', type: 'heapscope-kubernetes-datasource' };

/** Chooses an option of one of our pickers. */
export async function choose(page: Page, within: Locator, testId: string, option: string | RegExp): Promise<void> {
  await within.getByTestId(testId).click();
  await page.getByRole('option', { name: option }).first().click();
}

/** Names the backend knows of the last 15 minutes, asked through Grafana's proxy as the plugin does. */
export async function namesOf(request: APIRequestContext, dimension: string): Promise<string[]> {
  const toMs = Date.now();
  const answer = await request.post(`/api/datasources/proxy/uid/${DATASOURCE.uid}/names/`, {
    data: { fromMs: toMs - 900_000, toMs, dimension },
  });
  return (await answer.json()).names;
}
