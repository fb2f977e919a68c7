import { readRecording } from '../support/recordings.ts';
import { startReplay } from './replayLine.ts';
import type { ReplayLine } from './replayLine.ts';

/** Ten rounds, 15 s apart; the recorded kubelets were asked half a second before each of these. */
const FIRST_MS = Date.parse('2026-11-21T11:27:00Z');
const ROUNDS = Array.from({ length: 10 }, (_, index) => FIRST_MS + index * 15_000);
/** 11:27:45, the fourth round: the numbers below are those of samples 3 and 4 unless they say otherwise. */
const FOURTH = ROUNDS[3];
const FIFTH = ROUNDS[4];
const NONE = NaN;

let line: ReplayLine;

beforeAll(async () => {
  const recording = readRecording('three-generations');
  line = await startReplay(recording);
  for (const [moment, endMs] of ROUNDS.entries()) {
    await line.collect(moment, endMs, Date.parse(recording.kubelets['lab-node-1'][moment].askedAt));
  }
}, 30_000);

afterAll(() => line.close());

test('every node answered in every round, and nothing about it was strange', () => {
  expect(line.head.rounds()).toEqual(ROUNDS);
  expect([...line.collector.reports()].map(({ node, state, problem }) => [node, state, problem])).toEqual([
    ['lab-node-1', 'ok', undefined],
    ['lab-node-2', 'ok', undefined],
    ['lab-node-3', 'ok', undefined],
  ]);
  expect(line.values('cluster', 'nodes/answered', FOURTH)).toEqual({ '': 3 });
  expect(line.directory.problems()).toEqual([]);
});

describe('nodes of all three generations', () => {
  test('have the CPU rate between two samples of their own clocks', () => {
    const rates = line.values('node', 'cpu/usage_rate', FOURTH);
    // 1.28: (4658759362435 − 4645246011387) ns in 11:27:28 → 11:27:38
    expect(rates['lab-node-1']).toBeCloseTo(13_513_351_048 / 10 / 1e6, 9);
    // 1.35: (4658109345931 − 4644817996868) ns in 11:27:28 → 11:27:38
    expect(rates['lab-node-2']).toBeCloseTo(13_291_349_063 / 10 / 1e6, 9);
    // 1.19: (4662975719757 − 4640783178946) ns in 11:27:22 → 11:27:42
    expect(rates['lab-node-3']).toBeCloseTo(22_192_540_811 / 20 / 1e6, 9);
  });

  test('have the memory they said', () => {
    expect(line.values('node', 'memory/usage', FOURTH)['lab-node-1']).toBe(14_584_401_920);
    expect(line.values('node', 'memory/working_set', FOURTH)).toEqual({
      'lab-node-1': 6_212_661_248,
      'lab-node-2': 6_212_956_160,
      'lab-node-3': 6_210_125_824,
    });
  });

  test('were up since their start, on our clock', () => {
    // 11:27:44.550 − 10:34:43 = 53 min 1.55 s
    expect(line.values('node', 'uptime', FOURTH)['lab-node-1']).toBe(3_181_550);
  });

  test('have utilisation and reservation as shares of allocatable', () => {
    // 1351.3351048 millicores of 1800 allocatable
    expect(line.values('node', 'cpu/node_utilization', FOURTH)['lab-node-1']).toBeCloseTo(0.750741724889, 12);
    // 280 of 1800: alloc 20, mixed 20, node-agent 10, static-proxy 10, burner 100, two web 60 each
    expect(line.values('node', 'cpu/request', FOURTH)['lab-node-1']).toBe(20 + 20 + 10 + 10 + 100 + 2 * 60);
    expect(line.values('node', 'cpu/node_reservation', FOURTH)['lab-node-1']).toBeCloseTo(280 / 1800, 12);
    // 14584401920 bytes in use of 24057412 Ki
    const utilization = line.values('node', 'memory/node_utilization', FOURTH)['lab-node-1'];
    expect(utilization).toBeCloseTo(14_584_401_920 / (24_057_412 * 1024), 12);
    // The pod `oomer` asks for 48 Mi, but no kubelet reports it: 128 + 8 + 8 + 8 + 2 × 24 Mi
    expect(line.values('node', 'memory/request', FOURTH)['lab-node-1']).toBe(200 * 1024 * 1024);
    const reservation = line.values('node', 'memory/node_reservation', FOURTH)['lab-node-1'];
    expect(reservation).toBeCloseTo((200 * 1024) / 24_057_412, 12);
  });

  test('keep their file systems apart', () => {
    const used = line.values('node', 'filesystem/usage', FOURTH);
    expect(used['lab-node-1//']).toBe(48_198_987_776);
    expect(used['lab-node-2/imagefs']).toBe(4_849_664);
    // Only the 1.35 kubelet tells of a file system for containers.
    expect(Object.keys(used).filter((name) => name.endsWith('/containerfs'))).toEqual(['lab-node-2/containerfs']);
    expect(line.values('node', 'ephemeral_storage/usage', FOURTH)['lab-node-1']).toBe(48_198_987_776);
    expect(line.values('node', 'filesystem/inodes_used', FOURTH)['lab-node-2//']).toBe(1_067_481);
  });

  test('tell the traffic of the default interface and of each', () => {
    // (2066634971 − 2065152876) bytes in 11:27:22 → 11:27:42
    expect(line.values('node', 'network/rx_rate', FOURTH)['lab-node-3']).toBe(1_482_095 / 20);
    const interfaces = line.values('node', 'network/interface_rx', FOURTH);
    expect(
      Object.keys(interfaces)
        .filter((name) => name.startsWith('lab-node-3/'))
        .sort()
    ).toEqual(['cni-lab0', 'cni-lab1', 'cni-lab2', 'eth0', 'ifb0', 'ifb1'].map((name) => `lab-node-3/${name}`));
    expect(line.values('node', 'network/interface_rx_rate', FOURTH)['lab-node-3/eth0']).toBe(1_482_095 / 20);
  });

  test('have swap unless they are of 1.19, which does not know it', () => {
    expect(line.values('node', 'memory/swap_usage', FOURTH)).toEqual({ 'lab-node-1': 0, 'lab-node-2': 0 });
  });

  test('have no pressure where the host is on cgroup v1 and all its counters stand at zero', () => {
    for (const metric of ['cpu/psi_some_total', 'memory/psi_full_avg10', 'io/psi_some_rate']) {
      expect(line.values('node', metric, FOURTH)).toEqual({});
      expect(line.values('container', metric, FOURTH)).toEqual({});
    }
  });

  test('have system containers under the names that Heapster gave them', () => {
    const rates = line.values('sys_container', 'cpu/usage_rate', FOURTH);
    expect(
      Object.keys(rates)
        .filter((name) => name.startsWith('lab-node-1/'))
        .sort()
    ).toEqual(['lab-node-1/docker-daemon', 'lab-node-1/kubelet', 'lab-node-1/pods']);
    // (31926393981 − 31563869324) ns in 11:27:21 → 11:27:36
    expect(rates['lab-node-1/kubelet']).toBeCloseTo(362_524_657 / 15 / 1e6, 9);
  });
});

describe('pods', () => {
  test('use their own counters where they have some', () => {
    const rates = line.values('pod', 'cpu/usage_rate', FOURTH);
    // (7083221472 − 5037110998) ns in 11:27:20 → 11:27:35
    expect(rates['shop/burner-65fdcc9774-c8mq4']).toBeCloseTo(2_046_110_474 / 15 / 1e6, 9);
    // 1.19: (124366497 − 105791334) ns in 11:27:28 → 11:27:42
    expect(rates['shop/web-67779d9ccf-hk4sd']).toBeCloseTo(18_575_163 / 14 / 1e6, 9);
    expect(line.values('pod', 'memory/working_set', FOURTH)['data-pipeline/alloc-0']).toBe(127_074_304);
  });

  test('are the sum of their containers where their own sample is that of the round before', () => {
    // The pod stands at 11:27:41 in samples 4 and 5. main: (1550676341 − 1212389517) ns in 11:27:32 → 11:27:44,
    // proxy: (84104335 − 65158884) ns in 11:27:29 → 11:27:47
    const expected = (338_286_824 / 12 + 18_945_451 / 18) / 1e6;
    expect(line.values('pod', 'cpu/usage_rate', FIFTH)['shop/native-sidecar']).toBeCloseTo(expected, 9);
    expect(expected).toBeCloseTo(29.243, 3);
  });

  test('of static manifests are found by namespace and name, and carry the uid of the API server', () => {
    const pod = [...line.head.objects('pod')].find(({ key }) => key === 'kube-system/static-proxy-lab-node-1');
    expect(pod?.names.uid).toBe('971a4ca6-c1d2-4611-902e-0fbb49802fc9');
    expect(pod?.names.workloadKind).toBe('Node');
    expect(line.history('pod', 'restart_count', 'kube-system/static-proxy-lab-node-1')).toEqual(Array(10).fill(1));
    // (388181411 − 383171680) ns in 11:27:21 → 11:27:40
    const rate = line.values('pod', 'cpu/usage_rate', FOURTH)['kube-system/static-proxy-lab-node-1'];
    expect(rate).toBeCloseTo(5_009_731 / 19 / 1e6, 9);
  });

  test('on the network of the host have their rates, but count in no sum', () => {
    const pods = line.values('pod', 'network/rx_rate', FOURTH);
    // (2066634971 − 2065152876) bytes in 11:27:12 → 11:27:42
    expect(pods['kube-system/node-agent-mvxbc']).toBeCloseTo(1_482_095 / 30, 9);
    const namespaces = line.values('namespace', 'network/rx_rate', FOURTH);
    expect(namespaces).not.toHaveProperty('kube-system');
    // with-init: 70 bytes in 17 s; besteffort: none
    expect(namespaces.default).toBeCloseTo(70 / 17, 9);
    // mixed-nlwtw: 280 bytes in 18 s; writer: 70 bytes in 17 s; the other pods none
    expect(namespaces['data-pipeline']).toBeCloseTo(280 / 18 + 70 / 17, 9);
    // traffic and web-f8wc5: 70 bytes in 16 s each; native-sidecar: 70 in 10 s; pod-level: 280 in 29 s; web-fch9j: 350 in 32 s
    expect(namespaces.shop).toBeCloseTo(2 * (70 / 16) + 70 / 10 + 280 / 29 + 350 / 32, 9);
    const all = 70 / 17 + 280 / 18 + 70 / 17 + 2 * (70 / 16) + 70 / 10 + 280 / 29 + 350 / 32;
    expect(line.values('cluster', 'network/rx_rate', FOURTH)['']).toBeCloseTo(all, 9);
  });

  test('tell their volumes', () => {
    const used = line.values('pod', 'filesystem/usage', FOURTH);
    expect(used['data-pipeline/writer-849fdbccd5-zkdfs/Volume:scratch']).toBe(31_461_376);
    expect(used['data-pipeline/writer-849fdbccd5-zkdfs/Volume:shm']).toBe(1_376_256);
    const limits = line.values('pod', 'filesystem/limit', FOURTH);
    expect(limits['data-pipeline/writer-849fdbccd5-zkdfs/Volume:shm']).toBe(67_108_864);
    // 1.19 has no ephemeral storage for static pods: rootfs 8192 and logs 4096 of its container instead.
    const storage = line.values('pod', 'ephemeral_storage/usage', FOURTH);
    expect(storage['kube-system/static-proxy-lab-node-3']).toBe(8192 + 4096);
    expect(storage['data-pipeline/writer-849fdbccd5-zkdfs']).toBe(33_153_024);
  });

  test('count resources of the pod itself for the scheduler only', () => {
    // spec.resources: 50m and 32Mi; its two containers ask for nothing.
    const pod = 'shop/pod-level';
    expect(line.values('pod', 'cpu/scheduler_request', FOURTH)[pod]).toBe(50);
    expect(line.values('pod', 'memory/scheduler_request', FOURTH)[pod]).toBe(32 * 1024 * 1024);
    expect(line.values('pod', 'memory/scheduler_limit', FOURTH)[pod]).toBe(64 * 1024 * 1024);
    expect(line.values('pod', 'cpu/request', FOURTH)[pod]).toBe(0);
    // lab-node-2: mixed 20, node-agent 10, burner 100, two web 60 each; and 50 more for the scheduler
    expect(line.values('node', 'cpu/request', FOURTH)['lab-node-2']).toBe(250);
    expect(line.values('node', 'cpu/scheduler_request', FOURTH)['lab-node-2']).toBe(300);
  });

  test('that no kubelet reports are there with their restarts and without a measurement', () => {
    expect(line.history('pod', 'restart_count', 'data-pipeline/oomer')).toEqual([4, 4, 4, 4, 4, 4, 5, 5, 5, 5]);
    // Two kills were known at first sight (state and last state); the third came at 11:28:34, before the eighth round.
    expect(line.history('pod', 'oom_kill_count', 'data-pipeline/oomer')).toEqual([2, 2, 2, 2, 2, 2, 2, 3, 3, 3]);
    expect(line.values('pod', 'memory/working_set', FOURTH)).not.toHaveProperty('data-pipeline/oomer');
    expect(line.values('pod', 'memory/request', FOURTH)).not.toHaveProperty('data-pipeline/oomer');
    expect(line.engine.names({ dimension: 'pod', filters: [] }, { fromMs: FOURTH, toMs: FOURTH }).names).toContain(
      'unschedulable'
    );
  });
});

describe('containers', () => {
  test('have rates by the clock of each counter', () => {
    // (51574393 − 46877833) ns and 4030 − 3758 page faults in 11:27:25 → 11:27:42
    const name = 'shop/web-67779d9ccf-f8wc5/httpd';
    expect(line.values('container', 'cpu/usage_rate', FOURTH)[name]).toBeCloseTo(4_696_560 / 17 / 1e6, 9);
    expect(line.values('container', 'memory/page_faults_rate', FOURTH)[name]).toBe(272 / 17);
  });

  test('have no rate in a round that repeats the sample of the round before', () => {
    // lab-node-2 sends the sample of 11:27:27 in the third and in the fourth round.
    const rates = line.history('container', 'cpu/usage_rate', 'shop/burner-65fdcc9774-c8mq4/burn');
    expect(rates[3]).toBe(NONE);
    // (8238449322 − 5983340104) ns in 11:27:27 → 11:27:44
    expect(rates[4]).toBeCloseTo(2_255_109_218 / 17 / 1e6, 9);
  });

  test('in a crash loop come and go with a new start each time, and never have a rate', () => {
    const boom = 'data-pipeline/mixed-wtwjn/boom';
    const [used, rates, restarts] = ['cpu/usage', 'cpu/usage_rate', 'restart_count'].map((metric) =>
      line.history('container', metric, boom)
    );
    const gone = NONE;
    expect(used).toEqual([690_983_369, 658_729_254, gone, 487_111_221, gone, gone, 599_026_635, gone, gone, gone]);
    expect(rates).toEqual(Array(10).fill(NONE));
    expect(restarts).toEqual([0, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
  });

  test('that are new have their working set only', () => {
    const boom = 'data-pipeline/mixed-wtwjn/boom';
    expect(line.history('container', 'memory/working_set', boom)[1]).toBe(499_712);
    expect(line.history('container', 'memory/usage', boom)[1]).toBe(NONE);
    expect(line.history('container', 'memory/rss', boom)[1]).toBe(NONE);
  });

  test('that are native sidecars are containers of the pod, without a place in its spec sums', () => {
    const sidecar = 'shop/native-sidecar/proxy';
    // (65158884 − 46803274) ns in 11:27:10 → 11:27:29, third round
    const rate = line.values('container', 'cpu/usage_rate', ROUNDS[2])[sidecar];
    expect(rate).toBeCloseTo(18_355_610 / 19 / 1e6, 9);
    expect(line.values('container', 'restart_count', FOURTH)[sidecar]).toBe(0);
    expect(line.values('container', 'cpu/request', FOURTH)).not.toHaveProperty(sidecar);
    expect(line.values('container', 'cpu/request', FOURTH)['shop/native-sidecar/main']).toBe(0);
  });

  test('have no storage sum in a sample without logs', () => {
    // lab-node-1 leaves `logs` out in its second answer; rootfs 32768 and logs 0 in the third, 4096 in the
    // fourth.
    const usage = line.history('container', 'ephemeral_storage/usage', 'data-pipeline/alloc-0/mem');
    expect(usage.slice(1, 4)).toEqual([NONE, 32_768, 36_864]);
  });
});

describe('sums', () => {
  test('of a namespace are those of its pods', () => {
    // Millicores of the fourth round. alloc-0 4149860 ns/18 s, crashy 0, mixed-wtwjn 607442920/15,
    // mixed-wn6v4 1254527132/29, mixed-nlwtw 338343311/16; writer by its container, (409281677 − 361023262)/20
    const pipeline =
      (4_149_860 / 18 + 607_442_920 / 15 + 1_254_527_132 / 29 + 338_343_311 / 16 + 48_258_415 / 20) / 1e6;
    const namespaces = line.values('namespace', 'cpu/usage_rate', FOURTH);
    expect(namespaces['data-pipeline']).toBeCloseTo(pipeline, 9);
    expect(namespaces.default).toBe(0);
    // The working sets of the twelve pods of `shop`, as the kubelets told them
    const shop =
      483_328 +
      700_416 +
      1_163_264 +
      1_236_992 +
      942_080 +
      1_183_744 +
      1_167_360 +
      491_520 +
      17_637_376 +
      1_171_456 +
      475_136 +
      1_163_264;
    expect(line.values('namespace', 'memory/working_set', FOURTH).shop).toBe(shop);
  });

  test('of a workload are those of its pods on all three nodes', () => {
    // burner: s2m8x by its container, 1627578218 ns/13 s; c8mq4 2046110474/15; qpjkw 2080596128/16
    const burner = (1_627_578_218 / 13 + 2_046_110_474 / 15 + 2_080_596_128 / 16) / 1e6;
    const workloads = line.values('workload', 'cpu/usage_rate', FOURTH);
    expect(workloads['shop/Deployment/burner']).toBeCloseTo(burner, 9);
    // mixed: 607442920/15 on lab-node-1, 1254527132/29 on lab-node-2, 338343311/16 on lab-node-3
    const mixed = (607_442_920 / 15 + 1_254_527_132 / 29 + 338_343_311 / 16) / 1e6;
    expect(workloads['data-pipeline/DaemonSet/mixed']).toBeCloseTo(mixed, 9);
    expect(line.values('workload', 'memory/request', FOURTH)['shop/Deployment/web']).toBe(6 * 24 * 1024 * 1024);
    expect(line.values('workload', 'restart_count', FOURTH)['data-pipeline/DaemonSet/mixed']).toBe(6);
  });

  test('of the cluster are those of the pods for use, and those of the nodes for capacity', () => {
    const namespaces = line.values('namespace', 'cpu/usage_rate', FOURTH);
    const sum = Object.values(namespaces).reduce((total, value) => total + value, 0);
    expect(line.values('cluster', 'cpu/usage_rate', FOURTH)['']).toBeCloseTo(sum, 9);
    expect(sum).toBeCloseTo(545.874, 3);
    expect(line.values('cluster', 'cpu/node_allocatable', FOURTH)['']).toBe(3 * 1800);
    // 280 on lab-node-1, 250 on lab-node-2, 260 on lab-node-3
    expect(line.values('cluster', 'cpu/request', FOURTH)['']).toBe(790);
    expect(line.values('cluster', 'pods/running', FOURTH)['']).toBe(26);
    // no-image and unschedulable
    expect(line.values('cluster', 'pods/pending', FOURTH)['']).toBe(2);
  });

  test('count the phases of every namespace, empty ones included', () => {
    const running = line.values('namespace', 'pods/running', FOURTH);
    expect(running).toMatchObject({ 'data-pipeline': 7, default: 2, 'kube-system': 5, shop: 12, 'empty-quarter': 0 });
  });
});
