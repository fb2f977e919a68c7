import { expect, test } from '@grafana/plugin-e2e';
import { choose, DATASOURCE } from './heapscope.ts';

test('Explore starts with the cluster and goes on from there', async ({ explorePage, page }) => {
  await explorePage.datasource.set(DATASOURCE.name);
  const editor = explorePage.getQueryEditorRow('A');
  await expect(editor.getByTestId('heapscope-level')).toHaveValue('Cluster');
  await expect(explorePage.timeSeriesPanel.locator).toContainText('cpu/usage_rate');
  await choose(page, editor, 'heapscope-level', 'Node');
  await expect(explorePage.timeSeriesPanel.locator).not.toContainText('cpu/usage_rate');
  await expect(explorePage.timeSeriesPanel.getErrorIcon()).not.toBeVisible();
});
