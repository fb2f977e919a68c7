import type { MetricsApiConfig } from './config.ts';
import { loadConfig } from './loadConfig.ts';
import { readTextFrom } from './testdata/files.ts';

const FILES = readTextFrom({
  '/tls/tls.crt': 'PEM',
  '/tls/tls.key': 'PEM',
  '/certs/apiserver.crt': 'PEM',
  '/certs/apiserver.key': 'PEM',
});

function load(...flags: string[]): { metricsApi: MetricsApiConfig | undefined; notes: string[]; timeoutMs: number } {
  const { config, notes } = loadConfig(['--simulate=1', ...flags], {}, FILES);
  return { metricsApi: config.metricsApi, notes, timeoutMs: config.kubelet.timeoutMs };
}

test('it is served where a port is asked for', () => {
  expect(load().metricsApi).toBeUndefined();
  expect(load('--secure-port=0').metricsApi).toBeUndefined();
  expect(load('--secure-port=10250').metricsApi).toEqual({ port: 10250, listenIp: '127.0.0.1', tls: undefined });
});

test('its address is that of the other server, unless it is given', () => {
  const addressOf = (...flags: string[]) => load('--secure-port=10250', ...flags).metricsApi?.listenIp;
  expect(addressOf('--listen-ip=10.0.0.1')).toBe('10.0.0.1');
  expect(addressOf('--listen-ip=10.0.0.1', '--bind-address=0.0.0.0')).toBeUndefined();
  expect(addressOf('--bind-address=::')).toBeUndefined();
  expect(addressOf('--bind-address=10.0.0.2')).toBe('10.0.0.2');
});

test('its certificate is given, or lies in the folder for it, or is made', () => {
  const tlsOf = (...flags: string[]) => load('--secure-port=10250', ...flags).metricsApi?.tls;
  const inFolder = { certificateFile: '/certs/apiserver.crt', keyFile: '/certs/apiserver.key' };
  const given = { certificateFile: '/tls/tls.crt', keyFile: '/tls/tls.key' };
  expect(tlsOf('--cert-dir=/certs/')).toEqual(inFolder);
  expect(tlsOf('--cert-dir=/nowhere')).toBeUndefined();
  expect(tlsOf('--cert-dir=/certs', '--tls-cert-file=/tls/tls.crt', '--tls-private-key-file=/tls/tls.key')).toEqual(
    given
  );
});

test.each([
  [['--secure-port=8082'], 'two servers cannot share a port'],
  [['--secure-port=1', '--tls-cert-file=/tls/tls.crt'], 'needs --tls-private-key-file too'],
  [['--secure-port=1', '--tls-private-key-file=/tls/tls.key'], 'needs --tls-cert-file too'],
  [
    ['--secure-port=1', '--tls-cert-file=/tls/tls.crt', '--tls-private-key-file=/tls/none'],
    '--tls-private-key-file=/tls/none: the file does not exist',
  ],
  [['--kubelet-client-certificate=/tls/tls.crt'], 'needs --kubelet-client-key too'],
  [
    ['--kubelet-client-certificate=/tls/tls.crt', '--kubelet-client-key=/tls/none'],
    '--kubelet-client-key=/tls/none: the file does not exist',
  ],
  [['--kubelet-certificate-authority-text=PEM', '--kubelet-insecure-tls'], 'either verified or not'],
  [['--node-selector=pool=web,(arm)'], 'which "(arm)" is no part of'],
  [['--audit-log-path=-'], 'there is no audit log here'],
])('%j is refused: %s', (flags, sentence) => {
  expect(() => load(...flags)).toThrow(sentence);
});

test("metrics-server's own manifest starts it", () => {
  const { metricsApi, notes, timeoutMs } = load(
    '--cert-dir=/tmp',
    '--secure-port=10250',
    '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
    '--kubelet-use-node-status-port',
    '--metric-resolution=15s',
    '--kubelet-insecure-tls',
    '--kubelet-request-timeout=5s',
    '--logging-format=json',
    '--authorization-always-allow-paths=/livez,/readyz'
  );
  expect(metricsApi).toMatchObject({ port: 10250 });
  expect(timeoutMs).toBe(5_000);
  expect(notes).toEqual([
    '--authorization-always-allow-paths has no effect: health is open to everybody, and nothing else.',
  ]);
});

test('nodes and the way to their kubelets are chosen by the same flags', () => {
  const kubeletOf = (...flags: string[]) => loadConfig(['--simulate=1', ...flags], {}, FILES).config.kubelet;
  expect(kubeletOf()).toMatchObject({ nodeSelector: undefined, port: undefined, clientCertificate: undefined });
  expect(kubeletOf('--node-selector', 'pool=web,arch!=arm64').nodeSelector).toBe('pool=web,arch!=arm64');
  expect(kubeletOf('-l', 'pool=web').nodeSelector).toBe('pool=web');
  expect(kubeletOf('-l=pool in (web,batch)').nodeSelector).toBe('pool in (web,batch)');
  expect(kubeletOf('--kubelet-port=10250').port).toBe(10250);
  expect(kubeletOf('--kubelet-port=10250', '--kubelet-use-node-status-port').port).toBeUndefined();
  expect(kubeletOf('--kubelet-certificate-authority-text=PEM').certificateAuthorityText).toBe('PEM');
  const pair = ['--kubelet-client-certificate=/tls/tls.crt', '--kubelet-client-key=/tls/tls.key'];
  expect(kubeletOf(...pair).clientCertificate).toEqual({ certificateFile: '/tls/tls.crt', keyFile: '/tls/tls.key' });
});
