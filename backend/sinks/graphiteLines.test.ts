import { writeGraphiteLines } from './graphiteLines.ts';
import { datagramsOf } from './graphiteReceiver.ts';
import { FACTS, nodeBatch, ROUND_MS, totals } from './testing/sinkBatches.ts';

function linesOf(batch: Parameters<typeof writeGraphiteLines>[0], prefix = 'kubernetes'): string[] {
  const lines: string[] = [];
  writeGraphiteLines(batch, FACTS, prefix, (line) => lines.push(line));
  return lines;
}

test('paths go from the host name of the node, dots in it made underscores, to the container', () => {
  const end = `${ROUND_MS / 1000}\n`;
  const node = 'kubernetes.nodes.worker-1_example_org';
  expect(linesOf(nodeBatch())).toEqual(
    expect.arrayContaining([
      `${node}.cpu.usage_rate 1234 ${end}`,
      `${node}.network.rx_rate 1.5 ${end}`,
      `${node}.filesystem._.usage 1000000000 ${end}`,
      `${node}.pods.shop.web-1.uptime 60000 ${end}`,
      `${node}.pods.shop.web-1.filesystem.Volume:data.usage 3000000000 ${end}`,
      `${node}.pods.shop.web-1.containers.app.cpu.usage_rate 99 ${end}`,
      `${node}.pods.shop.web-1.containers.app.nvidia.com.gpu.request 1 ${end}`,
      `${node}.pods.shop.web-1.containers.app.accelerator.nvidia.Tesla_K80.GPU-1.duty_cycle 50 ${end}`,
      `${node}.sys-containers.docker-daemon.cpu.usage_rate 12 ${end}`,
    ])
  );
});

test('namespaces and the cluster stand below the prefix', () => {
  const paths = linesOf(totals(), 'site.east').map((line) => line.split(' ')[0]);
  expect(paths).toEqual([
    'site.east.cluster.cpu.usage_rate',
    'site.east.cluster.memory.usage',
    'site.east.namespaces.shop.cpu.usage_rate',
    'site.east.namespaces.shop.memory.usage',
  ]);
});

test('a datagram holds whole lines, as many as a usual network carries uncut', () => {
  const lines = Array.from({ length: 500 }, (_, index) => `${'a.'.repeat(index % 40)}b ${index} 1\n`);
  const long = `${'x'.repeat(2_000)} 1 1\n`;
  const datagrams = [...datagramsOf(Buffer.from([...lines, long, 'last 1 1\n'].join('')))].map(String);
  expect(datagrams.join('')).toBe([...lines, long, 'last 1 1\n'].join(''));
  expect(datagrams.every((datagram) => datagram.endsWith('\n'))).toBe(true);
  expect(datagrams.filter((datagram) => datagram.length > 1_400)).toEqual([long]);
  expect(datagrams.length).toBeLessThan(30);
});
