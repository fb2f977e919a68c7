// force timezone to UTC to allow tests to work regardless of local timezone
process.env.TZ = 'UTC';

const scaffold = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

/** Packages that come as ES modules only and are turned into CommonJS for Jest. */
const BACKEND_ES_MODULES = [
  '@kubernetes/client-node',
  'openid-client',
  'oauth4webapi',
  'jose',
  're2js',
  'hyparquet',
  'hyparquet-writer',
  '.*-proxy-agent',
  'agent-base',
];

/** The same for what Grafana 13's packages bring along, beyond the scaffold's list. */
const PLUGIN_ES_MODULES = ['@react-hookz/web', '@ver0/deep-equal'];

const swc = ['@swc/jest', { sourceMaps: 'inline', jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }];

module.exports = {
  // Real servers and browsers on a loaded machine take their time; a test that hangs is still ended.
  testTimeout: 30_000,
  projects: [
    {
      ...scaffold,
      displayName: 'plugin',
      rootDir: __dirname,
      transform: { ...scaffold.transform, '^.+\\.mjs$': swc },
      transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, ...PLUGIN_ES_MODULES])],
    },
    {
      displayName: 'backend',
      rootDir: __dirname,
      testEnvironment: 'node',
      testMatch: ['<rootDir>/{backend,simulator,bench,tools,tests}/**/*.test.{ts,mjs}'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/tests/e2e/'],
      transform: { '^.+\\.(t|j|mj)sx?$': swc },
      transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, ...BACKEND_ES_MODULES])],
      modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build'],
    },
  ],
};
