import type { Fault } from '../faults.ts';
import { PAGE_OF_A_PROXY } from './spoiled.ts';

const SPOILERS: Partial<Record<Fault['kind'], (text: string) => string>> = {
  emptyBody: () => '',
  garbage: () => PAGE_OF_A_PROXY,
  negative: (text) => text.replace(/"(total|working_set|rx_bytes)": (\d+)/g, '"$1": -$2'),
  beyond2to53: (text) => addToCounters(text, 9_007_199_254_740_993n),
  beyond2to64: (text) => addToCounters(text, 18_446_744_073_709_551_616n),
  missingBlocks: withoutBlocks,
  wrongTypes: (text) =>
    text
      .replace(/"timestamp": "[^"]*"/g, '"timestamp": 12')
      .replace(/"load_average": \d+/g, '"load_average": "much"')
      .replace(/"stats": \[/g, '"stats": "none", "others": ['),
};

/** An answer to `POST /stats/container/` as a kubelet with this fault would give it. */
export function spoilContainers(text: string, fault: Fault | undefined): string {
  const spoiler = fault && SPOILERS[fault.kind];
  return spoiler ? spoiler(text) : text;
}

function addToCounters(text: string, offset: bigint): string {
  return text.replace(
    /"(total|rx_bytes|tx_bytes)": (\d+)/g,
    (_, name: string, digits: string) => `"${name}": ${BigInt(digits) + offset}`
  );
}

/** Leaves out what may be missing: of one container after the other its stats, a block of them, its labels, its spec. */
function withoutBlocks(text: string): string {
  const infos: Record<string, { spec?: Record<string, unknown>; stats?: unknown }> = JSON.parse(text);
  const spoil: Array<(info: (typeof infos)[string]) => void> = [
    (info) => delete info.stats,
    (info) => (info.stats = [{ cpu: null, memory: {}, network: { interfaces: null } }]),
    (info) => delete info.spec?.labels,
    (info) => delete info.spec?.creation_time,
    (info) => delete info.spec,
    (info) => (info.stats = null),
  ];
  Object.entries(infos)
    .filter(([path]) => path !== '/')
    .forEach(([, info], index) => spoil[index % spoil.length](info));
  return JSON.stringify(infos);
}
