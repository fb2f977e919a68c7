import { RATES } from '../model/catalogue.ts';
import { writeAggregates } from './aggregatesCodec.ts';
import type { ByteWriter } from './byteWriter.ts';
import { writeMatrix } from './matrixCodec.ts';
import type { Counter } from './quotients.ts';
import type { TableBlock } from './shardBlock.ts';

const COUNTER_OF = new Map(
  RATES.map(({ counter, rate }) => [rate.name, { metric: counter.name, scale: rate.rateScale ?? 1 }])
);

/** Writes one metric of a table; a rate by its counter, where the table has it. Answers with how many values are present. */
export function writeStored(out: ByteWriter, metric: string, block: TableBlock): number {
  const stored = block.metrics.get(metric)!();
  return 'samples' in stored
    ? writeMatrix(out, stored.samples, counterOf(metric, block))
    : writeAggregates(out, stored);
}

function counterOf(metric: string, block: TableBlock): Counter | undefined {
  const known = COUNTER_OF.get(metric);
  const stored = known && block.metrics.get(known.metric)?.();
  return stored && 'samples' in stored ? { ...known, matrix: stored.samples } : undefined;
}
