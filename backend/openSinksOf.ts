import type { Config } from './config/config.ts';
import type { ContainerReader } from './kubelet/containerReader.ts';
import type { Directory } from './kubernetes/directory.ts';
import type { Clock } from './rounds.ts';
import type { Telemetry } from './telemetry/selfMetrics.ts';
import { openSinks, type SinkOptions, type Sinks } from './sinks/openSinks.ts';

/** Opens the sinks of the configuration, joined with what the API server knows of objects and with the metrics of Heapscope itself. */
export function openSinksOf(
  { sinks, heapster }: Config,
  directory: Pick<Directory, 'pod' | 'node'> & Pick<Partial<ContainerReader>, 'imageOf'>,
  { clock, telemetry, log }: { clock: Clock; telemetry: Pick<Telemetry, 'watchSinks'>; log: SinkOptions['log'] }
): Sinks {
  const opened = openSinks({
    targets: sinks,
    labels: heapster,
    facts: {
      imageOf: (namespace, pod, container, node) =>
        directory.imageOf?.(node, namespace, pod, container) ??
        directory.pod(namespace, pod)?.containers.find(({ name }) => name === container)?.image,
      isSchedulable: (name) => {
        const node = heapster.schedulableLabel ? directory.node(name) : undefined;
        return node && !node.unschedulable;
      },
      hostnameOf: (node) => directory.node(node)?.addresses.find(({ type }) => type === 'Hostname')?.address ?? node,
    },
    clock,
    log,
  });
  telemetry.watchSinks(opened.reports);
  return opened;
}
