import { DIMENSIONS } from '../query/dimensions.ts';
import { CATALOGUE, describeMetric, RATES } from './catalogue.ts';
import { prometheusLabels, prometheusName, prometheusScale } from './prometheusName.ts';

/** What Heapster had, per metric and level: C cluster, S namespace, N node, P pod, T container, Y system container. */
const HEAPSTER = `
uptime                            N P T Y
restart_count                     P T
cpu/usage                         N P T Y
cpu/usage_rate                    C S N P T Y
cpu/load                          N P T Y
cpu/request cpu/limit             C S N P T
memory/usage                      C S N P T Y
memory/working_set memory/rss     N P T Y
memory/cache                      N P T Y
memory/page_faults memory/major_page_faults             N P T Y
memory/page_faults_rate memory/major_page_faults_rate   N P T Y
memory/request memory/limit       C S N P T
network/rx network/rx_errors network/tx network/tx_errors                        N P
network/rx_rate network/tx_rate network/rx_errors_rate network/tx_errors_rate    N P
ephemeral_storage/usage           N P T
ephemeral_storage/request ephemeral_storage/limit       N P T
cpu/node_capacity cpu/node_allocatable cpu/node_utilization cpu/node_reservation                N
memory/node_capacity memory/node_allocatable memory/node_utilization memory/node_reservation    N
ephemeral_storage/node_capacity ephemeral_storage/node_allocatable                              N
ephemeral_storage/node_utilization ephemeral_storage/node_reservation                           N
filesystem/usage filesystem/limit filesystem/available filesystem/inodes filesystem/inodes_free N P T
disk/io_read_bytes disk/io_write_bytes disk/io_read_bytes_rate disk/io_write_bytes_rate         N P T Y
accelerator/memory_total accelerator/memory_used accelerator/duty_cycle                         T
nvidia.com/gpu/request            P T
custom/NAME                       P T
`;
const LEVELS = { C: 'cluster', S: 'namespace', N: 'node', P: 'pod', T: 'container', Y: 'sys_container' } as const;

const heapsterMetrics = HEAPSTER.trim()
  .split('\n')
  .flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const levels = words.filter((word): word is keyof typeof LEVELS => word in LEVELS).map((word) => LEVELS[word]);
    return words.filter((word) => !(word in LEVELS)).map((name) => [name, levels] as const);
  });

describe('the catalogue', () => {
  it('has each name once', () => {
    const names = CATALOGUE.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(heapsterMetrics)('has %s as Heapster had it', (name, levels) => {
    const metric = describeMetric(name);
    expect(metric?.heapster).toBe(true);
    expect(metric?.levels).toEqual(expect.arrayContaining(levels));
  });

  it('says of no other metric that Heapster had it', () => {
    const known = new Set(heapsterMetrics.map(([name]) => name));
    expect(CATALOGUE.filter(({ name, heapster }) => heapster && !known.has(name))).toEqual([]);
  });

  it('has the counter of each rate, at the same levels or fewer, on the same clock', () => {
    const rates = CATALOGUE.filter(({ rateOf }) => rateOf !== undefined);
    expect(RATES).toHaveLength(rates.length);
    for (const { counter, rate } of RATES) {
      expect([rate.name, counter.kind, rate.kind, counter.clock]).toEqual([
        rate.name,
        'cumulative',
        'gauge',
        rate.clock,
      ]);
      expect(counter.clock).toBeDefined();
      expect(rate.levels).toEqual(expect.arrayContaining([...counter.levels]));
      expect(rate.labels).toEqual(counter.labels);
    }
  });

  it('knows every denominator it names, as a gauge of the same unit', () => {
    for (const { name, unit, denominators = {} } of CATALOGUE) {
      for (const denominator of Object.values(denominators).flat()) {
        const metric = describeMetric(denominator);
        expect([name, denominator, metric?.kind, metric?.unit]).toEqual([name, denominator, 'gauge', unit]);
      }
    }
  });

  it('sums only to levels that the metric has', () => {
    for (const { name, levels, sumFromPods = [], sumFromNodes } of CATALOGUE) {
      const sums = [...sumFromPods, ...(sumFromNodes ? (['cluster'] as const) : [])];
      expect([name, sums.filter((level) => !levels.includes(level))]).toEqual([name, []]);
    }
  });

  it('has a sentence and a level for each metric', () => {
    for (const { name, description, levels } of CATALOGUE) {
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z01].*\.$/)]);
      expect([name, new Set(levels).size]).toEqual([name, levels.length]);
      expect(levels.length).toBeGreaterThan(0);
    }
  });

  it('describes no metric that does not exist', () => {
    const names = [
      '',
      'beauty',
      'custom/',
      'constructor',
      'gpu/request',
      'nvidia.com/gpu/limit',
      'Nvidia.com/gpu/request',
    ];
    expect(names.map(describeMetric)).toEqual(names.map(() => undefined));
  });
});

describe('names in Prometheus', () => {
  const series = CATALOGUE.flatMap((metric) => metric.levels.map((level) => ({ metric, level })));

  it.each([
    ['cpu/usage', 'pod', 'heapscope_pod_cpu_usage_seconds_total', 1e-9],
    ['cpu/usage_rate', 'pod', 'heapscope_pod_cpu_usage_rate_cores', 1e-3],
    ['cpu/request', 'namespace', 'heapscope_namespace_cpu_request_cores', 1e-3],
    ['memory/working_set', 'node', 'heapscope_node_memory_working_set_bytes', 1],
    ['memory/page_faults_rate', 'container', 'heapscope_container_memory_page_faults_per_second', 1],
    ['network/rx', 'node', 'heapscope_node_network_rx_bytes_total', 1],
    ['network/rx_rate', 'node', 'heapscope_node_network_rx_bytes_per_second', 1],
    ['disk/io_read_bytes', 'node', 'heapscope_node_disk_io_read_bytes_total', 1],
    ['cpu/node_capacity', 'cluster', 'heapscope_cluster_cpu_capacity_cores', 1e-3],
    ['memory/node_utilization', 'node', 'heapscope_node_memory_utilization_ratio', 1],
    ['cpu/psi_some_avg10', 'pod', 'heapscope_pod_cpu_psi_some_avg10_ratio', 1e-2],
    ['restart_count', 'pod', 'heapscope_pod_restarts_total', 1],
    ['nodes/count', 'cluster', 'heapscope_cluster_nodes', 1],
    ['kubelet/duration', 'node', 'heapscope_node_kubelet_duration_seconds', 1e-3],
    ['nvidia.com/gpu/request', 'pod', 'heapscope_pod_nvidia_com_gpu_request', 1],
  ] as const)('%s of a %s is %s', (name, level, expected, scale) => {
    const metric = describeMetric(name)!;
    expect([prometheusName(metric, level), prometheusScale(metric.unit)]).toEqual([expected, scale]);
  });

  it('are unique', () => {
    const names = series.map(({ metric, level }) => prometheusName(metric, level));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('keep the rules of Prometheus', () => {
    for (const { metric, level } of series) {
      const name = prometheusName(metric, level);
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect([name, name.endsWith('_total')]).toEqual([name, metric.kind === 'cumulative']);
      expect(name).not.toMatch(/_(count|sum|bucket|info|millicores|milliseconds|nanoseconds|percent)(_|$)/);
      expect(name).not.toMatch(/_([a-z]+)_\1(_|$)/);
    }
  });

  it('have labels that name the object', () => {
    expect(prometheusLabels(describeMetric('cpu/usage')!, 'pod')).toEqual([
      'namespace',
      'pod',
      'workload_kind',
      'workload',
      'node',
    ]);
    expect(prometheusLabels(describeMetric('filesystem/usage')!, 'node')).toEqual([
      'node',
      'resource_id',
      'persistentvolumeclaim',
    ]);
    expect(prometheusLabels(describeMetric('nodes/count')!, 'cluster')).toEqual([]);
    for (const { metric, level } of series) {
      expect(prometheusLabels(metric, level).slice(0, DIMENSIONS[level].length)).toEqual(DIMENSIONS[level]);
      for (const label of prometheusLabels(metric, level)) {
        expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
      }
    }
  });
});
