import type { CustomMetric } from './containerSpec.ts';
import * as KEY from './containerKeys.ts';
import { END, type JsonCursor } from './jsonCursor.ts';
import type { SummaryTables } from './summaryTables.ts';

const MAX_CUSTOM_METRICS = 100;
const LARGEST_INTEGER = 2n ** 63n;

/** Reads what applications tell cAdvisor of themselves: of each metric that the spec describes, the newest value. */
export class CustomMetrics {
  private readonly cursor: JsonCursor;
  private readonly tables: SummaryTables;

  constructor(cursor: JsonCursor, tables: SummaryTables) {
    this.cursor = cursor;
    this.tables = tables;
  }

  /** Reads the lists of values by name into the row of a container. */
  read(row: number, described: ReadonlyMap<string, CustomMetric>): void {
    const { cursor, tables } = this;
    for (let name = cursor.firstName(); name !== undefined; name = cursor.nextName()) {
      const metric = described.get(name);
      const value = metric ? this.readNewest(metric) : undefined;
      if (!metric) {
        cursor.skip();
      } else if (value !== undefined) {
        tables.setCustom(row, name, value, MAX_CUSTOM_METRICS);
      }
    }
  }

  /** Of values of the same time the first; undefined where there is none, or none that a counter of 64 bits can hold. */
  private readNewest({ isFloat }: CustomMetric): number | bigint | undefined {
    const { cursor } = this;
    let newest: number | bigint | undefined;
    let newestMs = NaN;
    for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
      // What is 0 is not written.
      let value: number | bigint = 0;
      let timeMs = NaN;
      for (let key = cursor.firstKey(); key !== END; key = cursor.nextKey()) {
        if (key === KEY.TIMESTAMP) {
          timeMs = cursor.timeMs();
        } else if (key === (isFloat ? KEY.FLOAT_VALUE : KEY.INT_VALUE)) {
          value = cursor.number() ?? 0;
        } else {
          cursor.skip();
        }
      }
      if (newest === undefined || timeMs > newestMs || (Number.isNaN(newestMs) && timeMs === timeMs)) {
        newest = value;
        newestMs = timeMs;
      }
    }
    if (typeof newest === 'bigint') {
      return isFloat ? Number(newest) : newest < LARGEST_INTEGER && newest >= -LARGEST_INTEGER ? newest : undefined;
    }
    return newest !== undefined && Number.isFinite(newest) ? newest : undefined;
  }
}
