import { hex, mix } from '../world/random.ts';
import type { SimNode } from '../world/nodes.ts';
import type { ByteWriter } from './byteWriter.ts';
import { GROUP_FAMILIES } from './cadvisorFamilies.ts';
import type { GroupFamily, MoreLabels } from './cadvisorFamilies.ts';
import { controlGroups } from './controlGroups.ts';
import type { ControlGroup } from './controlGroups.ts';

/** What shapes an answer beside the node and the time. */
export interface CadvisorOptions {
  /** Whether pressure is shown. */
  pressure: boolean;
  /** Added to every time. */
  skewMs: number;
}

const NO_MORE_LABELS: readonly MoreLabels[] = [{}];

/**
 * Writes what the node's kubelet answers `/metrics/cadvisor` with at `atMs`: Prometheus' text format, grouped by families
 * as a 1.35 kubelet has them. The bytes are the writer's own and valid until it is used again.
 */
export function cadvisorBytes(out: ByteWriter, node: SimNode, atMs: number, options: CadvisorOptions): Buffer {
  const groups = controlGroups(node, atMs);
  out.reset();
  header(out, 'cadvisor_version_info', 'gauge');
  out.text('cadvisor_version_info{cadvisorRevision="",cadvisorVersion="",dockerVersion="",kernelVersion="6.12.0",');
  out.text('osVersion="Linux"} 1\n');
  for (const family of GROUP_FAMILIES) {
    if (options.pressure || !family.name.startsWith('container_pressure_')) {
      header(out, family.name, family.type);
      writeFamily(out, family, groups, options.skewMs);
    }
  }
  writeMachine(out, node);
  return out.written();
}

/** The same as text. */
export function cadvisorText(out: ByteWriter, node: SimNode, atMs: number, options: CadvisorOptions): string {
  return cadvisorBytes(out, node, atMs, options).toString('latin1');
}

function writeFamily(out: ByteWriter, family: GroupFamily, groups: readonly ControlGroup[], skewMs: number): void {
  const lines = family.lines ?? NO_MORE_LABELS;
  for (const group of groups) {
    for (let line = 0; line < lines.length && family.of(group); line++) {
      const { first = '', middle = '', last = '' } = lines[line];
      const labels = `${group.first}${first}${group.middle}${middle}${group.last}${last}`;
      const time = family.timeless ? '' : ` ${Math.floor(group.sampleMs + skewMs)}`;
      out.text(`${family.name}{${labels}} ${goNumber(family.value(group, line))}${time}\n`);
    }
  }
}

function writeMachine(out: ByteWriter, node: SimNode): void {
  const id = hex(mix(node.seed, 97), 32);
  const machine: Array<[name: string, value: number]> = [
    ['cpu_cores', node.cores],
    ['cpu_physical_cores', node.cores],
    ['cpu_sockets', 1],
    ['memory_bytes', node.memoryBytes],
    ['swap_bytes', 0],
  ];
  for (const [name, value] of machine) {
    header(out, `machine_${name}`, 'gauge');
    out.text(`machine_${name}{boot_id="${id}",machine_id="${id}",system_uuid="${id}"} ${goNumber(value)}\n`);
  }
  for (const name of ['container_scrape_error', 'machine_scrape_error']) {
    header(out, name, 'gauge');
    out.text(`${name} 0\n`);
  }
}

function header(out: ByteWriter, name: string, type: string): void {
  out.text(`# HELP ${name} See the kubelet's reference\n# TYPE ${name} ${type}\n`);
}

/** A number as Go prints it shortest: with an exponent of two digits from a million on and below a ten-thousandth. */
function goNumber(value: number): string {
  if (value === 0 || (value < 1e6 && value >= 1e-4)) {
    return String(value);
  }
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
