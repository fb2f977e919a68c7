import type { Config } from './config/config.ts';
import type { KubeletClientOptions } from './kubelet/client.ts';
import type { ConnectionOptions } from './kubernetes/connection.ts';
import type { Directory, DirectoryOptions } from './kubernetes/directory.ts';
import { parseLabelSelector } from './query/labelSelector.ts';

interface Watched {
  readonly config: Config;
  readonly connection: ConnectionOptions;
  /** What was wrong with the cluster when it was tried, if it is logged already. */
  readonly clusterProblem?: string;
}

/** How the API server is watched. */
export function directoryOptions({ config, connection, clusterProblem }: Watched): Omit<DirectoryOptions, 'log'> {
  const wantsNode = parseLabelSelector(config.kubelet.nodeSelector ?? '');
  return { connection, toldProblem: clusterProblem, wantsNode };
}

/** How kubelets are asked. */
export function kubeletOptions({ kubelet }: Config, directory: Directory): KubeletClientOptions {
  return {
    access: kubelet.access,
    https: kubelet.https,
    port: kubelet.port ?? 'node-status',
    addressTypes: kubelet.addressTypes as KubeletClientOptions['addressTypes'],
    insecureTls: kubelet.insecureTls,
    caFiles: kubelet.certificateAuthorityFile === undefined ? undefined : [kubelet.certificateAuthorityFile],
    caText: kubelet.certificateAuthorityText,
    clientCertificate: kubelet.clientCertificate,
    maxAnswerBytes: kubelet.maxAnswerBytes,
    credentials: directory.kubeletCredentials,
    nodeCount: () => directory.nodes().length,
    apiServer: directory,
  };
}
