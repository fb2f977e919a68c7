import type { Tier } from '../history/shardBlock.ts';
import { NAME_COLUMNS } from './columns.ts';
import type { ExportFormat } from './export.ts';
import type { Series } from './exportedSeries.ts';

/** Rows that are written together; as many are in memory. */
const ROWS_PER_GROUP = 100_000;

type Cell = string | number | Date | undefined;

/** Parquet with a row per sample or bucket. Its writer is loaded only when it is asked for. */
export async function openParquetFormat(path: string, tier: Tier): Promise<ExportFormat> {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const numbers = tier === 'raw' ? ['value'] : ['mean', 'min', 'max', 'sum', 'count'];
  const texts = ['level', 'metric', ...NAME_COLUMNS.map(([column]) => column)];
  const names = ['time', ...texts, ...numbers];
  const schema = [
    { name: 'root', num_children: names.length },
    { name: 'time', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
    ...texts.map((name) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' })),
    ...numbers.map((name) => ({ name, type: 'DOUBLE', repetition_type: 'REQUIRED' })),
  ] as ConstructorParameters<typeof ParquetWriter>[0]['schema'];
  const writer = new ParquetWriter({ writer: fileWriter(path), schema, createdBy: 'heapscope' });
  let columns: Cell[][] = names.map(() => []);
  const flush = async () => {
    if (columns[0].length > 0) {
      await writer.write({
        columnData: names.map((name, column) => ({ name, data: columns[column] })),
        rowGroupSize: ROWS_PER_GROUP,
      });
      columns = names.map(() => []);
    }
  };
  const add = ({ level, metric, names: object, points: { timesMs, values, buckets } }: Series, index: number) => {
    const about: Cell[] = [level, metric, ...NAME_COLUMNS.map(([, of]) => of(object))];
    const { min, max, sum, count } = buckets ?? {};
    const value = Number(values[index]);
    const row: Cell[] = min ? [value, min[index], max![index], sum![index], count![index]] : [value];
    [new Date(timesMs[index]), ...about, ...row].forEach((cell, column) => columns[column].push(cell));
  };
  return {
    async series(series) {
      for (let index = 0; index < series.points.timesMs.length; index++) {
        add(series, index);
        if (columns[0].length === ROWS_PER_GROUP) {
          await flush();
        }
      }
    },
    async end() {
      await flush();
      await writer.finish();
    },
  };
}
