import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../backend/sinks/testing/freePort.ts';
import { createAuthority } from '../support/certificates.ts';
import type { KeyPair, TestAuthority } from '../support/certificates.ts';
import { programOf } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { etcdWriter, type EtcdWriter } from './etcdWriter.ts';

const START_MS = 60_000;
const INSTALL = '`.ci/run` shows how, in install_control_plane';

/** A real API server of Kubernetes, aggregator included, with a real etcd; of the rest what is asked for. */
export interface ControlPlane {
  readonly url: string;
  readonly port: number;
  /** The authority of the API server's own certificate. */
  readonly caPem: string;
  /** Holds all files of the test. */
  readonly folder: string;
  readonly etcd: EtcdWriter;
  /** Signs client certificates of users. */
  readonly users: TestAuthority;
  /** A client certificate of the administrator. */
  readonly admin: KeyPair;
  /** Runs `kubectl` as a user with a client certificate; the administrator without one. */
  kubectl(command: string | readonly string[], as?: KeyPair, input?: string): Promise<string>;
  /** What the aggregator shows to extensions from now on. */
  showProxyCertificate(pair: KeyPair): void;
  /** The CA that the API server tells extensions to trust for that. */
  trustProxyAuthority(caPem: string): void;
  /** Runs the HorizontalPodAutoscaler of a real controller manager, by its own service account and with its own rights. */
  runAutoscaler(): Promise<void>;
  stopApiServer(): Promise<void>;
  /** Ends everything, and removes the files. */
  close(): Promise<void>;
}

/** Starts both on the loopback address. `proxy` signs what the aggregator shows. */
export async function startControlPlane(proxy: TestAuthority): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'heapscope-control-plane-'));
  const [serving, users] = await Promise.all(['serving', 'users'].map(createAuthority));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const [etcdUrl, url] = [`http://127.0.0.1:${etcdPort}`, `https://127.0.0.1:${port}`];
  const server = await serving.issue({ commonName: 'kube-apiserver', ips: ['127.0.0.1'] });
  const admin = await users.issue({ commonName: 'admin,O=system:masters' });
  const plane = {
    showProxyCertificate(pair: KeyPair): void {
      file('proxy.key', pair.key);
      file('proxy.crt', pair.cert);
    },
    trustProxyAuthority: (caPem: string): void => void file('proxy-ca.crt', caPem),
  };
  plane.showProxyCertificate(await proxy.issue({ commonName: 'front-proxy-client' }));
  plane.trustProxyAuthority(proxy.caPem);
  file('server.crt', server.cert);
  file('server.key', server.key);
  file('users.crt', users.caPem);
  writeAccountKeys(file);

  const etcd = new Program('etcd', etcdFlags(folder, etcdUrl, `http://127.0.0.1:${peerPort}`), folder);
  await etcd.until('etcd to answer', () =>
    fetch(`${etcdUrl}/health`).then(
      ({ ok }) => ok,
      () => false
    )
  );
  const apiServer = new Program('kube-apiserver', apiServerFlags(folder, etcdUrl, port), folder);
  await apiServer.until('the API server to be ready', () => isReady(port, serving.caPem));
  const kubectlAs = (words: readonly string[], as: KeyPair, input: string) =>
    kubectl(folder, kubeconfig(url, serving.caPem, as), words, input);
  let controllers: Program | undefined;
  return {
    url,
    port,
    caPem: serving.caPem,
    folder,
    users,
    admin,
    etcd: etcdWriter(etcdUrl),
    ...plane,
    kubectl(command, as = admin, input = '') {
      return kubectlAs(typeof command === 'string' ? command.split(' ') : command, as, input);
    },
    async runAutoscaler() {
      const config = file('controllers.json', kubeconfig(url, serving.caPem, admin));
      controllers = new Program('kube-controller-manager', autoscalerFlags(config), folder);
      const accounts = () => kubectlAs(['get', 'serviceaccounts', '-n', 'kube-system', '-o', 'name'], admin, '');
      const hasAccount = async () => (await accounts()).includes('/horizontal-pod-autoscaler\n');
      await controllers.until('the autoscaler to have its account', hasAccount);
    },
    stopApiServer: () => apiServer.stop(),
    async close() {
      await controllers?.stop();
      await apiServer.stop();
      await etcd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeAccountKeys(file: (name: string, text: string) => void): void {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  file('accounts.key', privateKey.export({ type: 'sec1', format: 'pem' }).toString());
  file('accounts.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
}

function etcdFlags(folder: string, clients: string, peers: string): string[] {
  return [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
  ];
}

function apiServerFlags(folder: string, etcdUrl: string, port: number): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    // Told to nobody: there is no service network.
    '--advertise-address=192.0.2.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    `--tls-cert-file=${folder}/server.crt`,
    `--tls-private-key-file=${folder}/server.key`,
    `--client-ca-file=${folder}/users.crt`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${folder}/accounts.pub`,
    `--service-account-signing-key-file=${folder}/accounts.key`,
    '--service-cluster-ip-range=10.96.0.0/16',
    `--proxy-client-cert-file=${folder}/proxy.crt`,
    `--proxy-client-key-file=${folder}/proxy.key`,
    `--requestheader-client-ca-file=${folder}/proxy-ca.crt`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  ];
}

function autoscalerFlags(config: string): string[] {
  return [
    `--kubeconfig=${config}`,
    '--controllers=horizontal-pod-autoscaler-controller',
    '--use-service-account-credentials=true',
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--leader-elect=false',
    '--secure-port=0',
  ];
}

function isReady(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path: '/readyz', ca, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    sent.on('error', () => resolve(false));
    sent.end();
  });
}

function kubeconfig(server: string, caPem: string, { cert, key }: KeyPair): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    users: [{ name: 'test', user }],
  });
}

async function kubectl(folder: string, config: string, words: readonly string[], input: string): Promise<string> {
  const own = mkdtempSync(join(folder, 'kubectl-'));
  writeFileSync(join(own, 'config'), config);
  const program = programOf('kubectl', "Debian's package is `kubernetes-client`");
  const flags = [`--kubeconfig=${own}/config`, `--cache-dir=${own}/cache`];
  const running = promisify(execFile)(program, [...flags, ...words], { maxBuffer: 2 ** 26 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** A program that runs until it is stopped. */
class Program {
  private readonly child: ChildProcess;
  private readonly name: string;
  private readonly logFile: string;
  private failure: Error | undefined;

  constructor(name: string, flags: readonly string[], folder: string) {
    this.name = name;
    this.logFile = join(folder, `${name}.log`);
    const log = openSync(this.logFile, 'a');
    this.child = spawn(programOf(name, INSTALL), flags, { cwd: folder, stdio: ['ignore', log, log] });
    closeSync(log);
    this.child.once('error', (error) => (this.failure = error));
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const check = (): Promise<boolean> => {
      if (this.failure ?? this.child.exitCode !== null) {
        const said = this.failure?.message ?? readFileSync(this.logFile, 'utf8').slice(-2_000);
        throw new Error(`${this.name} does not run: ${said}`);
      }
      return isSo();
    };
    await until(what, check, START_MS);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGKILL');
      await ended;
    }
  }
}
