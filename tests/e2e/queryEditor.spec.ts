import { expect, test } from '@grafana/plugin-e2e';
import { choose, DATASOURCE } from './heapscope.ts';

test('a new panel shows the CPU of every namespace at once', async ({ panelEditPage }) => {
  await panelEditPage.datasource.set(DATASOURCE.name);
  await panelEditPage.timeRange.set({ from: 'now-15m', to: 'now' });
  await expect(panelEditPage.getQueryEditorRow('A').getByTestId('heapscope-metric')).toHaveValue('cpu/usage_rate');
  await expect(panelEditPage.panel.locator).toContainText('kube-system');
  await expect(panelEditPage.panel.getErrorIcon()).not.toBeVisible();
});

test('a panel is made by choosing level, metric, namespace and the top 3', async ({ panelEditPage, page }) => {
  await panelEditPage.datasource.set(DATASOURCE.name);
  await panelEditPage.timeRange.set({ from: 'now-15m', to: 'now' });
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'heapscope-level', 'Pod');
  await choose(page, editor, 'heapscope-metric', /^memory\/working_set/);
  await editor.getByTestId('heapscope-add-filter').click();
  await choose(page, editor, 'heapscope-filter-1-value', 'kube-system');
  await choose(page, editor, 'heapscope-limit-order', 'Top');
  await editor.getByTestId('heapscope-limit-count').fill('3');
  await editor.getByTestId('heapscope-limit-count').press('Enter');
  await expect(panelEditPage.panel.locator.getByText(/^kube-system\//)).toHaveCount(3);
  await expect(panelEditPage.panel.getErrorIcon()).not.toBeVisible();
});

test('a query that cannot be answered says why, in the words of the backend', async ({ panelEditPage }) => {
  await panelEditPage.datasource.set(DATASOURCE.name);
  const metric = panelEditPage.getQueryEditorRow('A').getByTestId('heapscope-metric');
  await metric.fill('cpu/nonsense');
  await metric.press('Enter');
  await expect(panelEditPage.panel.getErrorIcon()).toBeVisible();
});
