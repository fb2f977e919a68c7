import { defaultKubeletTimeoutMs } from './checks.ts';
import type { ChosenCluster } from './chooseCluster.ts';
import type { KubeletConfig } from './config.ts';
import type { Settings } from './gather.ts';
import type { ReadTextFile } from './otherPlaces.ts';
import { requireFile } from './readFailure.ts';

/** How kubelets are asked, by the settings and by what a `--source` says in Heapster's words. */
export function kubeletConfig(
  settings: Settings,
  { cluster, source }: ChosenCluster,
  readTextFile: ReadTextFile
): KubeletConfig {
  const { values } = settings;
  const https = values['kubelet-https'] ?? source?.kubeletHttps ?? true;
  const authority = values['kubelet-certificate-authority'];
  requireFile(settings, 'kubelet-certificate-authority', readTextFile);
  const authorityText = values['kubelet-certificate-authority-text'];
  const hasAuthority = authority !== undefined || authorityText !== undefined;
  // Heapster verified kubelets only where a CA was at hand, and a bare address brings none.
  const noAuthority = source !== undefined && cluster.connection.kind === 'url' && !hasAuthority;
  if (https && noAuthority && !values['kubelet-insecure-tls'] && !source.insecure) {
    settings.notes.push(
      'Certificates of kubelets are not verified, since the source names no CA; name one by --kubelet-certificate-authority.'
    );
  }
  return {
    access: values['kubelet-access'],
    nodeSelector: values['node-selector'],
    port: values['kubelet-use-node-status-port'] ? undefined : (values['kubelet-port'] ?? source?.kubeletPort),
    https,
    insecureTls: values['kubelet-insecure-tls'] || noAuthority || (source?.insecure === true && !hasAuthority),
    certificateAuthorityFile: authority,
    certificateAuthorityText: authorityText,
    clientCertificate: clientCertificate(settings, readTextFile),
    addressTypes: values['kubelet-preferred-address-types'],
    timeoutMs: values['kubelet-timeout'] ?? defaultKubeletTimeoutMs(values['metric-resolution']),
    maxAnswerBytes: values['kubelet-max-answer'],
    statistics: source?.statistics ?? 'summary',
    cadvisorMetrics: values['cadvisor-metrics'],
  };
}

function clientCertificate(settings: Settings, readTextFile: ReadTextFile): KubeletConfig['clientCertificate'] {
  const { values, problems } = settings;
  const names = ['kubelet-client-certificate', 'kubelet-client-key'] as const;
  const [certificateFile, keyFile] = names.map((name) => values[name]);
  names.forEach((name) => requireFile(settings, name, readTextFile));
  if (certificateFile !== undefined && keyFile !== undefined) {
    return { certificateFile, keyFile };
  }
  const [missing, present] = certificateFile === undefined ? names : [names[1], names[0]];
  if (values[present] !== undefined) {
    problems.push(`${settings.shown(present)} needs --${missing} too; a client certificate takes both.`);
  }
  return undefined;
}
