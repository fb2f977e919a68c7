import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';

/** Signs in once for all tests. */
const authFolder = join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth');

/** The browser of the machine, unless Playwright has installed one of its own. */
const machineChromium = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));

/**
 * Tests against a running Grafana with the plugin, provisioned from `provisioning/`, and a backend behind it:
 * `GRAFANA_URL=http://localhost:3000 npm run e2e`.
 */
export default defineConfig<PluginOptions>({
  testDir: './tests/e2e',
  fullyParallel: false,
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    baseURL: process.env.GRAFANA_URL ?? 'http://localhost:3000',
    viewport: { width: 1500, height: 1000 },
    trace: 'retain-on-failure',
    launchOptions: machineChromium ? { executablePath: machineChromium, args: ['--no-sandbox', '--disable-gpu'] } : {},
  },
  projects: [
    { name: 'auth', testDir: authFolder, testMatch: [/.*\.js/] },
    {
      name: 'chromium',
      use: {
        ...devices['Desktop Chrome'],
        viewport: { width: 1500, height: 1000 },
        storageState: 'playwright/.auth/admin.json',
      },
      dependencies: ['auth'],
    },
  ],
});
