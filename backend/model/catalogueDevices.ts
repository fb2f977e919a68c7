import type { MetricDefinition } from './catalogueTypes.ts';
import { MEASURED } from './catalogueLevels.ts';

const DISK_IO = { levels: MEASURED, origin: 'cadvisor', labels: ['resource_id'], heapster: true } as const;
const ACCELERATOR = {
  levels: ['container'],
  kind: 'gauge',
  origin: 'summary',
  labels: ['make', 'model', 'accelerator_id'],
  heapster: true,
} as const;

/** Disks, which only the cAdvisor of old kubelets tells, and accelerators. */
export const deviceMetrics: readonly MetricDefinition[] = [
  {
    ...DISK_IO,
    name: 'disk/io_read_bytes',
    unit: 'bytes',
    kind: 'cumulative',
    clock: 'io',
    description: 'Bytes read per device since the start.',
  },
  {
    ...DISK_IO,
    name: 'disk/io_read_bytes_rate',
    unit: 'bytes/s',
    kind: 'gauge',
    clock: 'io',
    rateOf: 'disk/io_read_bytes',
    description: 'Bytes read per second and device.',
  },
  {
    ...DISK_IO,
    name: 'disk/io_write_bytes',
    unit: 'bytes',
    kind: 'cumulative',
    clock: 'io',
    description: 'Bytes written per device since the start.',
  },
  {
    ...DISK_IO,
    name: 'disk/io_write_bytes_rate',
    unit: 'bytes/s',
    kind: 'gauge',
    clock: 'io',
    rateOf: 'disk/io_write_bytes',
    description: 'Bytes written per second and device.',
  },
  {
    ...ACCELERATOR,
    name: 'accelerator/memory_total',
    unit: 'bytes',
    description: 'Memory of an accelerator; kubelets up to 1.24 tell it.',
  },
  {
    ...ACCELERATOR,
    name: 'accelerator/memory_used',
    unit: 'bytes',
    denominators: { capacity: ['accelerator/memory_total'] },
    description: 'Memory of an accelerator in use; kubelets up to 1.24 tell it.',
  },
  {
    ...ACCELERATOR,
    name: 'accelerator/duty_cycle',
    unit: 'percent',
    description: 'Share of time in which an accelerator was busy; kubelets up to 1.24 tell it.',
  },
];
