import { expect, test } from '@grafana/plugin-e2e';
import { DATASOURCE } from './heapscope.ts';

test('"Save & test" of the provisioned data source says what Heapscope sees', async ({
  gotoDataSourceConfigPage,
  page,
}) => {
  const configPage = await gotoDataSourceConfigPage(DATASOURCE.uid);
  await page.getByRole('button', { name: 'Save & test' }).click();
  await expect(configPage).toHaveAlert('success', {
    hasText: /sees \d+ nodes \(\d+ answering\), \d+ pods in \d+ namespaces and \d+ metrics/,
  });
});

test('a new data source is told what is missing until it works', async ({ createDataSourceConfigPage, page }) => {
  const configPage = await createDataSourceConfigPage({ type: DATASOURCE.type });
  const saveAndTest = page.getByRole('button', { name: 'Save & test' });
  await saveAndTest.click();
  await expect(configPage).toHaveAlert('error', { hasText: 'Give the address of the Heapscope backend' });

  await page.getByRole('textbox', { name: /^Address/ }).fill('http://127.0.0.1:9');
  await saveAndTest.click();
  await expect(configPage).toHaveAlert('error', { hasText: 'Grafana cannot reach the Heapscope backend' });
});

test('certificates are asked for with https', async ({ createDataSourceConfigPage, page }) => {
  await createDataSourceConfigPage({ type: DATASOURCE.type });
  await page.getByRole('textbox', { name: /^Address/ }).fill('https://heapscope.monitoring');
  await expect(page.getByText('Certificate of the backend')).toBeVisible();
  await expect(page.getByLabel('Skip verification')).not.toBeChecked();
});
