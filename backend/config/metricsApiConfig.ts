import type { MetricsApiConfig, ServerConfig } from './config.ts';
import type { Settings } from './gather.ts';
import type { ReadTextFile } from './otherPlaces.ts';
import { readFailure, requireFile } from './readFailure.ts';

type Files = NonNullable<MetricsApiConfig['tls']>;

/** Where `metrics.k8s.io` is served; undefined if nobody asked for it. */
export function metricsApiConfig(
  settings: Settings,
  server: ServerConfig,
  readTextFile: ReadTextFile
): MetricsApiConfig | undefined {
  const { values, problems } = settings;
  const port = values['secure-port'] ?? 0;
  const tls = givenFiles(settings, readTextFile) ?? filesOfFolder(values['cert-dir'], readTextFile);
  if (port === 0) {
    return undefined;
  }
  if (port === server.port) {
    problems.push(
      `${settings.shown('secure-port')} and ${settings.shown('heapster-port')} do not go together: two servers cannot share a port.`
    );
  }
  const address = values['bind-address'];
  // 0.0.0.0 means all addresses to those who write it, of both families.
  const given = address === '' || address === '0.0.0.0' || address === '::' ? undefined : address;
  return { port, listenIp: address === undefined ? server.listenIp : given, tls };
}

function givenFiles(settings: Settings, readTextFile: ReadTextFile): Files | undefined {
  const certificateFile = settings.values['tls-cert-file'];
  const keyFile = settings.values['tls-private-key-file'];
  const names = ['tls-cert-file', 'tls-private-key-file'] as const;
  names.forEach((name) => requireFile(settings, name, readTextFile));
  if (certificateFile !== undefined && keyFile !== undefined) {
    return { certificateFile, keyFile };
  }
  const [missing, present] = certificateFile === undefined ? names : [names[1], names[0]];
  if (settings.values[present] !== undefined) {
    settings.problems.push(`${settings.shown(present)} needs --${missing} too; HTTPS takes both.`);
  }
  return undefined;
}

/** metrics-server writes its own certificate into this folder; here one that is there is used. */
function filesOfFolder(folder: string | undefined, readTextFile: ReadTextFile): Files | undefined {
  if (folder === undefined) {
    return undefined;
  }
  const base = folder.replace(/\/+$/, '');
  const files = { certificateFile: `${base}/apiserver.crt`, keyFile: `${base}/apiserver.key` };
  const isThere = [files.certificateFile, files.keyFile].every((path) => readFailure(path, readTextFile) === undefined);
  return isThere ? files : undefined;
}
