import { HeapscopeError } from '../errors.ts';
import { nameOf } from './dimensions.ts';
import type { Aggregation, Dimension, KnownObject, Series } from './types.ts';

/** Groups and steps held at once while a query runs. */
const MAX_CELLS = 5_000_000;

interface Group {
  readonly names: Record<string, string>;
  readonly values: Float64Array;
  readonly counts: Uint32Array;
}

/** Sums objects up to groups that share the names of the given dimensions, step by step. */
export class Groups {
  private readonly groups = new Map<string, Group>();
  private readonly dimensions: readonly Dimension[];
  private readonly aggregation: Aggregation | undefined;
  private readonly steps: number;
  private readonly mostGroups: number;

  /** Without `aggregation` a group is meant to be one object: the last value written to a step stays. */
  constructor(
    dimensions: readonly Dimension[],
    aggregation: Aggregation | undefined,
    steps: number,
    mostGroups = Infinity
  ) {
    this.dimensions = dimensions;
    this.aggregation = aggregation;
    this.steps = steps;
    this.mostGroups = mostGroups;
  }

  /** The group of an object, made if it is the first one. */
  groupOf(object: KnownObject): Group {
    let key = '';
    for (const dimension of this.dimensions) {
      key += `${nameOf(object.names, dimension) ?? ''}\u0000`;
    }
    let group = this.groups.get(key);
    if (!group) {
      this.refuseTooMany();
      const names: Record<string, string> = {};
      for (const dimension of this.dimensions) {
        names[dimension] = nameOf(object.names, dimension) ?? '';
      }
      group = { names, values: new Float64Array(this.steps).fill(NaN), counts: new Uint32Array(this.steps) };
      this.groups.set(key, group);
    }
    return group;
  }

  add(group: Group, step: number, value: number): void {
    const before = group.values[step];
    group.counts[step]++;
    if (Number.isNaN(before) || this.aggregation === undefined) {
      group.values[step] = value;
    } else if (this.aggregation === 'min' || this.aggregation === 'max') {
      group.values[step] = Math[this.aggregation](before, value);
    } else {
      group.values[step] = before + value;
    }
  }

  /** The groups that have a value, in order of their names. */
  series(): Series[] {
    const series: Series[] = [];
    for (const { names, values, counts } of this.groups.values()) {
      if (values.every(Number.isNaN)) {
        continue;
      }
      if (this.aggregation === 'avg') {
        series.push({ names, values: values.map((sum, step) => sum / counts[step]) });
      } else if (this.aggregation === 'count') {
        series.push({ names, values: values.map((_, step) => (counts[step] === 0 ? NaN : counts[step])) });
      } else {
        series.push({ names, values });
      }
    }
    return series.sort(byNames(this.dimensions));
  }

  private refuseTooMany(): void {
    if (this.groups.size >= this.mostGroups) {
      throw new HeapscopeError(
        'limit_exceeded',
        `The query answers with more than ${this.mostGroups} series, which is the most allowed. Add filters, a group-by or a top N.`
      );
    }
    if ((this.groups.size + 1) * this.steps > MAX_CELLS) {
      throw new HeapscopeError(
        'limit_exceeded',
        `The query makes more than ${this.groups.size} series of ${this.steps} points each. Group by fewer names, add filters or ask for a shorter range.`
      );
    }
  }
}

/** Orders series by their names, dimension by dimension. */
function byNames(dimensions: readonly Dimension[]): (one: Series, other: Series) => number {
  return (one, other) => {
    for (const dimension of dimensions) {
      const [left, right] = [one.names[dimension], other.names[dimension]];
      if (left !== right) {
        return left < right ? -1 : 1;
      }
    }
    return 0;
  };
}
