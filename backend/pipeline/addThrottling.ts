import { objectKey, withColumns, type Column, type NodeBatch, type Table } from '../model/batch.ts';

const WITHHELD = 'cpu/throttled_rate';
const PERIODS = 'cpu/periods_rate';
const THROTTLED_PERIODS = 'cpu/throttled_periods_rate';
const RATES = [WITHHELD, PERIODS, THROTTLED_PERIODS] as const;
const SHARE = 'cpu/throttling';

type Rates = Readonly<Record<(typeof RATES)[number], Float64Array>>;

/**
 * Puts the throttling of pods together and adds the share of throttled periods. A pod is throttled by the limits of its
 * containers and, where it has one, by its own: what counts is whichever withholds more, since the same wait may show in
 * both. Pure.
 */
export function addThrottling(batch: NodeBatch): NodeBatch {
  const { pod, container } = batch.tables;
  if (!pod || !container || ![pod, container].some(({ columns }) => columns.has(PERIODS))) {
    return batch;
  }
  const ofContainers = ratesOf(container);
  const ofPods = chooseLarger(ratesOf(pod), sumPerPod(pod, container, ofContainers));
  return {
    ...batch,
    tables: {
      ...batch.tables,
      pod: withColumns(pod, [...RATES.map((rate) => [rate, { values: ofPods[rate] }] as const), shareOf(ofPods)]),
      container: withColumns(container, [shareOf(ofContainers)]),
    },
  };
}

function ratesOf(table: Table): Rates {
  const values = (rate: string) => table.columns.get(rate)?.values ?? new Float64Array(table.keys.length).fill(NaN);
  return { [WITHHELD]: values(WITHHELD), [PERIODS]: values(PERIODS), [THROTTLED_PERIODS]: values(THROTTLED_PERIODS) };
}

function sumPerPod(pods: Table, containers: Table, rates: Rates): Rates {
  const rowOf = new Map(pods.keys.map((key, row) => [key, row]));
  const empty = () => new Float64Array(pods.keys.length).fill(NaN);
  const sums = { [WITHHELD]: empty(), [PERIODS]: empty(), [THROTTLED_PERIODS]: empty() };
  containers.names.forEach(({ namespace, pod }, row) => {
    const podRow = rowOf.get(objectKey(namespace ?? '', pod ?? ''));
    for (const rate of podRow === undefined ? [] : RATES) {
      const value = rates[rate][row];
      if (!Number.isNaN(value)) {
        const before = sums[rate][podRow!];
        sums[rate][podRow!] = Number.isNaN(before) ? value : before + value;
      }
    }
  });
  return sums;
}

/** Row by row the rates of one side as a whole, so that periods and throttled periods belong together. */
function chooseLarger(own: Rates, summed: Rates): Rates {
  const takesOwn = own[WITHHELD].map((value, row) => {
    const other = summed[WITHHELD][row];
    return Number(value > other || (!Number.isNaN(value) && Number.isNaN(other)));
  });
  const choose = (rate: keyof Rates) => own[rate].map((value, row) => (takesOwn[row] ? value : summed[rate][row]));
  return { [WITHHELD]: choose(WITHHELD), [PERIODS]: choose(PERIODS), [THROTTLED_PERIODS]: choose(THROTTLED_PERIODS) };
}

function shareOf(rates: Rates): [string, Column] {
  const values = rates[PERIODS].map((periods, row) =>
    periods > 0 ? rates[THROTTLED_PERIODS][row] / periods : periods
  );
  return [SHARE, { values }];
}
