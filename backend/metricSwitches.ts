import type { Config } from './config/config.ts';
import type { MetricDefinition } from './model/catalogue.ts';

/** What to do to have a metric that this configuration leaves out; undefined for metrics that it has. */
export function switchesOf({
  kubelet,
}: Pick<Config, 'kubelet'>): (metric: Pick<MetricDefinition, 'origin'>) => string | undefined {
  return ({ origin }) => {
    if (origin === 'cadvisor_metrics' && !kubelet.cadvisorMetrics) {
      return 'Start Heapscope with --cadvisor-metrics to have it.';
    }
    return origin === 'cadvisor' && kubelet.statistics !== 'containers'
      ? 'Only kubelets before Kubernetes 1.20 tell it; start Heapscope with --source=kubernetes:… for them.'
      : undefined;
  };
}
