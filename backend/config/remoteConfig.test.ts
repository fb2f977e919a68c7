import { loadConfig } from './loadConfig.ts';

const FILES: Readonly<Record<string, string>> = { '/token': 'secret', '/ca.pem': 'PEM', '/pair': 'user:secret' };

function load(argv: readonly string[], file?: string) {
  const read = (path: string) => {
    const text = path === '/settings.yaml' ? file : FILES[path];
    if (text === undefined) {
      throw Object.assign(new Error(`no such file ${path}`), { code: 'ENOENT' });
    }
    return text;
  };
  const more = file === undefined ? [] : ['--config=/settings.yaml'];
  return loadConfig(['--simulate=1', ...argv, ...more], {}, read).config.remote;
}

test('a receiver is an address, whose options are taken out and whose other parameters stay', () => {
  const address =
    'https://mimir.example/api/v1/push?tenant=a&protocol=2.0&tokenFile=/token&caFile=/ca.pem&header.X-Scope-OrgID=team&label.cluster=prod';
  expect(load([`--remote-write=${address}`]).receivers).toEqual([
    {
      url: 'https://mimir.example/api/v1/push?tenant=a',
      name: 'mimir.example/api/v1/push',
      protocol: '2.0',
      tokenFile: '/token',
      basicAuthFile: undefined,
      caFile: '/ca.pem',
      headers: { 'X-Scope-OrgID': 'team' },
      labels: { cluster: 'prod' },
    },
  ]);
});

test('an address without a path is that of Prometheus', () => {
  const { receivers, history } = load(['--remote-write=http://prometheus:9090', '--history=http://prometheus:9090']);
  expect(receivers[0]).toMatchObject({ url: 'http://prometheus:9090/api/v1/write', protocol: 'auto' });
  expect(history).toMatchObject({ url: 'http://prometheus:9090/', name: 'prometheus:9090' });
});

test('there may be several, as flags or as a list of the file, and each has a name of its own', () => {
  const file = `
remote-write:
  - http://vm:8428/api/v1/write
  - url: https://mimir/api/v1/push
    protocol: 1.0
    basicAuthFile: /pair
    headers: {X-Scope-OrgID: 7}
    labels: {cluster: prod}
  - url: https://mimir/api/v1/push
    protocol: "1.0"
    headers: {X-Scope-OrgID: 8}
history:
  url: https://mimir/prometheus
  labels: {cluster: prod}
`;
  const { receivers, history } = load([], file);
  expect(receivers.map(({ name, headers }) => [name, headers])).toEqual([
    ['vm:8428/api/v1/write', {}],
    ['mimir/api/v1/push', { 'X-Scope-OrgID': '7' }],
    ['mimir/api/v1/push (2)', { 'X-Scope-OrgID': '8' }],
  ]);
  expect(history).toMatchObject({ url: 'https://mimir/prometheus', labels: { cluster: 'prod' } });
  expect(load(['--remote-write=http://a/x', '--remote-write=http://b/y']).receivers).toHaveLength(2);
  expect(load(['--remote-write=http://a/x  http://b/y']).receivers).toHaveLength(2);
});

test.each([
  ['--remote-write=prometheus:9090', 'must be an address with http or https'],
  ['--remote-write=http://u:hunter22@p/w', 'put them into a file and name it with basicAuthFile'],
  ['--remote-write=http://p/w?tokenFile=/none', 'the file /none of tokenFile does not exist'],
  ['--remote-write=http://p/w?tokenFile=/token&basicAuthFile=/pair', 'do not go together'],
  ['--remote-write=http://p/w?caFile=/ca.pem', 'caFile needs an address with https'],
  ['--remote-write=http://p/w?protocol=3', 'protocol must be "auto", "1.0" or "2.0"'],
  ['--remote-write=http://p/w?header.Authorization=hunter22', 'belongs into a file'],
  ['--remote-write=http://p/w?header.Content-Type=hunter22', 'cannot be set'],
  ['--remote-write=http://p/w?label.pod=x', 'series have themselves'],
  ['--remote-write=http://p/w?label.a-b=x', 'not a name of a label'],
  ['--remote-write=http://p/w?label.a=', 'has no value'],
  ['--history=http://p?protocol=1.0', 'is one of --remote-write'],
  ['--remote-write-disk=1', 'must be at least 1MiB'],
])('%s is refused with a sentence that holds no secret', (flag, sentence) => {
  let message = '';
  try {
    load([flag]);
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain(sentence);
  expect(message).not.toContain('hunter22');
});

test('older history comes from one engine', () => {
  expect(() => load(['--history=http://a', '--history=http://b'])).toThrow('can be read from one engine');
});

test('entries of the file have known keys', () => {
  expect(() => load([], 'remote-write: [{url: "http://p/w", token: x}]')).toThrow('has no "token"');
  expect(() => load([], 'remote-write: [{protocol: "1.0"}]')).toThrow('needs an address');
  expect(() => load([], 'remote-write: [{url: "http://p/w", labels: [x]}]')).toThrow('must be texts');
  expect(() => load([], 'listen-ip: {a: b}')).toThrow('needs a value');
});
