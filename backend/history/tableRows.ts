import type { Column } from '../model/batch.ts';
import { newValues } from './matrix.ts';
import type { TableBlock } from './shardBlock.ts';

/** One table of all rounds of a shard, as it is put together. */
export class TableRows {
  private readonly objects: Uint32Array;
  private readonly rounds: number;
  /** For each part the row of each of its objects. */
  private readonly rowOf: readonly Uint32Array[];
  private readonly matrices = new Map<string, { values: Float64Array; wide?: Map<number, bigint> }>();

  constructor(lists: readonly Uint32Array[], rounds: number) {
    this.rounds = rounds;
    const rows = new Map<number, number>();
    for (const list of lists) {
      for (let index = 0; index < list.length; index++) {
        rows.set(list[index], 0);
      }
    }
    this.objects = Uint32Array.from(rows.keys()).sort();
    for (let row = 0; row < this.objects.length; row++) {
      rows.set(this.objects[row], row);
    }
    this.rowOf = lists.map((list) => {
      const found = new Uint32Array(list.length);
      for (let index = 0; index < list.length; index++) {
        found[index] = rows.get(list[index])!;
      }
      return found;
    });
  }

  /** Takes a column of a part. */
  take(metric: string, { values, wide }: Column, part: number, round: number): void {
    const rowOf = this.rowOf[part];
    let matrix = this.matrices.get(metric);
    if (!matrix) {
      matrix = { values: newValues(this.objects.length * this.rounds).fill(NaN) };
      this.matrices.set(metric, matrix);
    }
    for (let row = 0; row < values.length; row++) {
      matrix.values[rowOf[row] * this.rounds + round] = values[row];
    }
    for (const [row, value] of wide ?? []) {
      (matrix.wide ??= new Map()).set(rowOf[row] * this.rounds + round, value);
    }
  }

  block(keyOf: (object: number) => string): TableBlock {
    const metrics: TableBlock['metrics'] = new Map(
      Array.from(this.matrices, ([metric, { values, wide }]) => {
        const samples = { rows: this.objects.length, rounds: this.rounds, values, wide };
        return [metric, () => ({ samples })];
      })
    );
    return { objects: this.objects, keys: Array.from(this.objects, keyOf), metrics };
  }
}
