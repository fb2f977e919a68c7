import { expect, test } from '@grafana/plugin-e2e';
import { choose, DATASOURCE, namesOf } from './heapscope.ts';

test('a new variable lists every namespace, not only default and kube-system', async ({
  variableEditPage,
  page,
  request,
}) => {
  await variableEditPage.setVariableType('Query');
  await variableEditPage.datasource.set(DATASOURCE.name);
  await choose(page, page.locator('body'), 'heapscope-dimension', 'namespace');
  await variableEditPage.runQuery();
  const namespaces = await namesOf(request, 'namespace');
  expect(namespaces.length).toBeGreaterThan(2);
  // Grafana previews the first 20 values.
  await expect(variableEditPage).toDisplayPreviews(namespaces.slice(0, 20));
});

test('the namespace variable of the pods dashboard offers every namespace', async ({
  gotoDashboardPage,
  page,
  request,
}) => {
  await gotoDashboardPage({ uid: 'heapscope-pods' });
  const namespaces = await namesOf(request, 'namespace');
  expect(namespaces.length).toBeGreaterThan(2);
  const variable = page.getByTestId('data-testid template variable').filter({ hasText: /^Namespace/ });
  const search = variable.getByRole('combobox');
  await search.click();
  for (const namespace of namespaces) {
    await search.fill(namespace);
    await expect(page.getByRole('option', { name: namespace, exact: true })).toBeVisible();
  }
});
