/** A line of `kubectl top`. */
export interface Shown {
  readonly cpuMillicores: number;
  readonly memoryMib: number;
}

/** By the names of the objects, joined with `/`. */
export type TopTables = Record<'node' | 'pod' | 'container', Record<string, Shown>>;

/** Reads the tables that `kubectl top` prints, one or more after one another; their kind is told by their headings. */
export function readTop(text: string): TopTables {
  const tables: TopTables = { node: {}, pod: {}, container: {} };
  let table: 'node' | 'pod' | 'container' | undefined;
  for (const row of text.split('\n').map((part) => part.trim().split(/\s+/))) {
    if (row[0] === 'NAME') {
      table = row.some((word) => word === 'CPU%' || word === 'CPU(%)') ? 'node' : undefined;
    } else if (row[0] === 'NAMESPACE') {
      table = row[2] === 'NAME' && row[1] === 'POD' ? 'container' : 'pod';
    } else if (table !== undefined && row.length >= 3) {
      const names = { node: 1, pod: 2, container: 3 }[table];
      const memory = table === 'node' ? names + 2 : names + 1;
      const shown = { cpuMillicores: parseInt(row[names], 10), memoryMib: parseInt(row[memory], 10) };
      tables[table][row.slice(0, names).join('/')] = shown;
    }
  }
  return tables;
}
