import { describeMetric } from '../model/catalogue.ts';
import type { MetricDefinition, MetricLevel } from '../model/catalogue.ts';
import { prometheusName, prometheusScale } from '../model/prometheusName.ts';
import { NAME_COLUMNS } from './columns.ts';
import type { Series } from './exportedSeries.ts';

/** What is known of a metric that no catalogue has. */
const UNKNOWN = { unit: 'count', kind: 'gauge', description: '' } as const;

/** OpenMetrics text 1.0: families one after the other, a series' samples in order of time, `# EOF` at the end. */
export class OpenMetricsFormat {
  private readonly sink: { write(text: string): boolean };
  private family = '';

  constructor(sink: { write(text: string): boolean }) {
    this.sink = sink;
  }

  series({ level, metric, names, points: { timesMs, values, buckets } }: Series): void {
    const definition = describeMetric(metric) ?? { ...UNKNOWN, name: metric };
    const isCounter = definition.kind === 'cumulative' && !buckets;
    const name = nameOf(definition, level, isCounter);
    this.begin(name, isCounter, definition.description);
    const labels = NAME_COLUMNS.flatMap(([label, of]) => {
      const text = of(names);
      return text === undefined || text === '' ? [] : [`${label}="${escaped(text)}"`];
    });
    const ofUnit = prometheusScale(definition.unit);
    const lines = (list: ReadonlyArray<number | bigint>, aggregation?: string, scale = ofUnit) => {
      const all = aggregation === undefined ? labels : [...labels, `aggregation="${aggregation}"`];
      const head = `${name}${isCounter ? '_total' : ''}${all.length > 0 ? `{${all.join(',')}}` : ''}`;
      this.sink.write(
        timesMs.map((timeMs, index) => `${head} ${scaled(list[index], scale)} ${timeMs / 1000}\n`).join('')
      );
    };
    if (!buckets) {
      lines(values);
      return;
    }
    lines(values, 'mean');
    lines(buckets.min, 'min');
    lines(buckets.max, 'max');
    lines(buckets.sum, 'sum');
    lines(buckets.count, 'count', 1);
  }

  end(): void {
    this.sink.write('# EOF\n');
  }

  private begin(name: string, isCounter: boolean, description: string): void {
    if (this.family !== name) {
      this.family = name;
      const help = description.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
      this.sink.write(`# TYPE ${name} ${isCounter ? 'counter' : 'gauge'}\n# HELP ${name} ${help}\n`);
    }
  }
}

/** The name of a family: of counters without `_total`, which stands at their samples. */
function nameOf(
  definition: Pick<MetricDefinition, 'name' | 'unit' | 'kind'>,
  level: string,
  isCounter: boolean
): string {
  // File systems, interfaces and accelerators are levels of the history, not of the catalogue; their names follow alike.
  const name = prometheusName(definition, level as MetricLevel);
  return isCounter || name.endsWith('_total') ? name.replace(/_total$/, '') : name;
}

function scaled(value: number | bigint, scale: number): string {
  return scale === 1 ? String(value) : String(Number((Number(value) * scale).toPrecision(15)));
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
