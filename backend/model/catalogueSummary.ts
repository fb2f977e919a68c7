import { deviceMetrics } from './catalogueDevices.ts';
import { memoryMetrics } from './catalogueMemory.ts';
import { networkMetrics } from './catalogueNetwork.ts';
import { processMetrics } from './catalogueProcesses.ts';
import { processorMetrics } from './catalogueProcessor.ts';
import { storageMetrics } from './catalogueStorage.ts';
import type { MetricDefinition } from './catalogueTypes.ts';

/** What the kubelet's Summary API says, and the rates of its counters; with what only old kubelets' cAdvisor said. */
export const summaryMetrics: readonly MetricDefinition[] = [
  ...processorMetrics,
  ...memoryMetrics,
  ...networkMetrics,
  ...storageMetrics,
  ...processMetrics,
  ...deviceMetrics,
];
