import { HeapscopeError } from '../errors.ts';
import type { ObjectNames, Table } from '../model/batch.ts';
import { CADVISOR_FAMILIES, type CadvisorFamily } from './cadvisorFamilies.ts';
import { CadvisorRows } from './cadvisorRows.ts';
import { KnownLabels } from './knownLabels.ts';
import { bytesEqual, endOfLine, endOfName, ExpositionLine } from './expositionLine.ts';

/** What one kubelet's answer to `/metrics/cadvisor` holds of pods and containers. */
export interface DecodedCadvisor {
  /** Rows with the keys of the summary's tables; times are those of the lines, cpu and io apart. */
  readonly tables: { readonly container: Table; readonly pod: Table };
  /** Values left out because they cannot be: negative, or 2^64 and more. */
  readonly rejectedValues: number;
  /** Lines of the families wanted that could not be read, and were passed over. */
  readonly badLines: number;
}

/** Far more control groups than a node can have; an answer with more is not taken, whatever its size in bytes. */
const MAX_ROWS = 50_000;
const MAX_LINE_BYTES = 64 * 1024;
const HASH = 35;
const NEWLINE = 10;
const COMMENT_LINE = Buffer.from('\n#');
const CONTAINER_PREFIX = 'container_'.length;
/** The name that Docker's kubelets give the container which holds a pod's network. */
const SANDBOX = 'POD';
const NO_ROW = -1;
const UNREADABLE = -2;
const LABELS = ['container', 'id', 'name', 'namespace', 'pod'];

/**
 * Reads CPU throttling and disk counters out of the bytes of a `/metrics/cadvisor` answer; other families are passed over
 * as a whole. `receivedMs` is the time of lines that carry none. Throws `kubelet_unreadable` for what is no such answer.
 *
 * The format: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
 */
export function decodeCadvisor(body: Buffer, node: string, receivedMs: number): DecodedCadvisor {
  const decoder = new CadvisorDecoder(body, node, receivedMs);
  if (!decoder.looksLikeMetrics()) {
    throw unreadable(node, body, `they begin with ${JSON.stringify(body.toString('utf8', 0, 20))}`);
  }
  return decoder.decode();
}

class CadvisorDecoder {
  private readonly body: Buffer;
  private readonly node: string;
  private readonly receivedMs: number;
  private readonly line: ExpositionLine;
  private readonly rows = new CadvisorRows();
  /** Row of each control group, {@link NO_ROW} for those that are neither a pod nor a container. */
  private readonly rowOfGroup = new Map<string, number>();
  private readonly known = new KnownLabels();
  private badLines = 0;

  constructor(body: Buffer, node: string, receivedMs: number) {
    this.body = body;
    this.node = node;
    this.receivedMs = receivedMs;
    this.line = new ExpositionLine(body, LABELS);
  }

  /** Comments or names come first, and a line feed last. */
  looksLikeMetrics(): boolean {
    return /^[#A-Za-z_:]/.test(this.body.toString('latin1', 0, 1)) && this.body.includes(NEWLINE);
  }

  decode(): DecodedCadvisor {
    const { body } = this;
    let at = 0;
    while (at < body.length) {
      const lineEnd = endOfLine(body, at);
      if (lineEnd < 0) {
        // A line without its end was cut off: its number may lack digits.
        this.badLines++;
        break;
      }
      if (body[at] === HASH) {
        at = this.passComment(at, lineEnd);
      } else {
        this.readLine(at, lineEnd);
        at = lineEnd + 1;
      }
    }
    return { tables: this.rows.tables(), rejectedValues: this.rows.rejectedValues, badLines: this.badLines };
  }

  /** Goes on behind a comment: with the next line, or with the next comment if this one begins a family nobody wants. */
  private passComment(at: number, lineEnd: number): number {
    const { body } = this;
    const nameFrom = at + '# TYPE '.length;
    const isHeader = body[at + 1] === 32 && body[nameFrom - 1] === 32;
    if (isHeader && familyOf(body, nameFrom, endOfName(body, nameFrom, lineEnd)) === undefined) {
      const next = body.indexOf(COMMENT_LINE, lineEnd);
      return next < 0 ? body.length : next + 1;
    }
    return lineEnd + 1;
  }

  private readLine(at: number, lineEnd: number): void {
    const nameEnd = endOfName(this.body, at, lineEnd);
    const family = familyOf(this.body, at, nameEnd);
    if (!family) {
      return;
    }
    const row = lineEnd - at > MAX_LINE_BYTES ? UNREADABLE : this.readSample(family, nameEnd, lineEnd);
    if (row === UNREADABLE) {
      this.badLines++;
    } else if (row >= 0) {
      const { value, timestampMs } = this.line;
      this.rows.take(row, family, value, Number.isNaN(timestampMs) ? this.receivedMs : timestampMs);
    }
  }

  /** Reads a line from the end of its name on, and gives the row that it is about. */
  private readSample(family: CadvisorFamily, nameEnd: number, lineEnd: number): number {
    const { body, line, known } = this;
    known.startLine(family);
    const labelsEnd = known.findEnd(body, nameEnd, lineEnd);
    if (labelsEnd > 0) {
      known.keep(nameEnd, labelsEnd, known.row);
      return line.readBehindLabels(labelsEnd, lineEnd) ? known.row : UNREADABLE;
    }
    if (!line.read(nameEnd, lineEnd)) {
      return UNREADABLE;
    }
    const row = this.rowOfLine();
    known.keep(nameEnd, line.labelsEnd, row);
    return row;
  }

  private rowOfLine(): number {
    const [container, id, , namespace, pod] = this.line.labels;
    if (pod.from === pod.to) {
      return NO_ROW;
    }
    const group =
      id.from < id.to
        ? this.body.toString('latin1', id.from, id.to)
        : [namespace, pod, container].map((label) => this.line.text(label)).join('\n');
    let row = this.rowOfGroup.get(group);
    if (row === undefined) {
      if (this.rowOfGroup.size >= MAX_ROWS) {
        throw unreadable(this.node, this.body, `they have more than ${MAX_ROWS} containers`);
      }
      const names = this.namesOfLine();
      row = names ? this.rows.add(names) : NO_ROW;
      this.rowOfGroup.set(group, row);
    }
    return row;
  }

  /** Whose control group a line is about; undefined for the sandbox of a pod, which is named and no container. */
  private namesOfLine(): ObjectNames | undefined {
    const [container, , name, namespace, pod] = this.line.labels.map((label) => this.line.text(label));
    const names = { node: this.node, namespace, pod };
    if (container === '') {
      return name === '' ? names : undefined;
    }
    return container === SANDBOX ? undefined : { ...names, container };
  }
}

function familyOf(body: Buffer, from: number, to: number): CadvisorFamily | undefined {
  for (const family of CADVISOR_FAMILIES) {
    if (body[from + CONTAINER_PREFIX] === family.name[CONTAINER_PREFIX] && bytesEqual(body, from, to, family.name)) {
      return family;
    }
  }
  return undefined;
}

function unreadable(node: string, body: Buffer, why: string): HeapscopeError {
  return new HeapscopeError(
    'kubelet_unreadable',
    `Kubelet on node ${node} answered ${body.length} bytes that are no metrics: ${why}. Ask it by hand for /metrics/cadvisor and look at the answer.`
  );
}
