import { cpuMicros, sampleTimeMs, workingSetBytes } from '../world/curves.ts';
import type { SimNode } from '../world/nodes.ts';
import { mix } from '../world/random.ts';
import { visiblePods } from './summary.ts';
import { containerUsage, podUsage } from './usage.ts';

/** What `/metrics/resource` says: CPU and memory of node, pods and containers, in Prometheus' text format. */
export function resourceMetricsText(node: SimNode, atMs: number): string {
  const lines = { containerCpu: [''], containerMemory: [''], podCpu: [''], podMemory: [''] };
  const seconds = (micros: number): string => (micros / 1e6).toFixed(6);
  for (const pod of visiblePods(node, atMs)) {
    const labels = `namespace="${pod.namespace}",pod="${pod.name}"`;
    for (const container of pod.containers) {
      const usage = containerUsage(pod, container, atMs);
      if (usage) {
        const own = `{container="${container.template.name}",${labels}}`;
        lines.containerCpu.push(`container_cpu_usage_seconds_total${own} ${seconds(usage.micros)} ${usage.sampleMs}`);
        lines.containerMemory.push(`container_memory_working_set_bytes${own} ${usage.workingSet} ${usage.sampleMs}`);
      }
    }
    const usage = podUsage(pod, atMs);
    lines.podCpu.push(`pod_cpu_usage_seconds_total{${labels}} ${seconds(usage.micros)} ${usage.sampleMs}`);
    lines.podMemory.push(`pod_memory_working_set_bytes{${labels}} ${usage.workingSet} ${usage.sampleMs}`);
  }
  const sampleMs = sampleTimeMs(mix(node.seed, 31), atMs);
  const nodeCpu = [
    '',
    `node_cpu_usage_seconds_total ${seconds(cpuMicros(node.cpu, node.bootMs, sampleMs))} ${sampleMs}`,
  ];
  const nodeMemory = [
    '',
    `node_memory_working_set_bytes ${workingSetBytes(node.memory, node.bootMs, sampleMs)} ${sampleMs}`,
  ];
  return [
    family('container_cpu_usage_seconds_total', 'counter', lines.containerCpu),
    family('container_memory_working_set_bytes', 'gauge', lines.containerMemory),
    family('node_cpu_usage_seconds_total', 'counter', nodeCpu),
    family('node_memory_working_set_bytes', 'gauge', nodeMemory),
    family('pod_cpu_usage_seconds_total', 'counter', lines.podCpu),
    family('pod_memory_working_set_bytes', 'gauge', lines.podMemory),
    '# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise\n# TYPE resource_scrape_error gauge\nresource_scrape_error 0\n',
  ].join('');
}

function family(name: string, type: string, lines: string[]): string {
  return `# HELP ${name} [STABLE] See the kubelet's reference\n# TYPE ${name} ${type}${lines.join('\n')}\n`;
}
