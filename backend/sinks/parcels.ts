import type { TakeLine } from './influxLines.ts';

/** Lines that travel together. */
export interface Parcel {
  readonly body: Buffer;
  /** How many values are in it. */
  readonly values: number;
}

export interface ParcelLimits {
  readonly lines: number;
  readonly characters: number;
}

/** Heapster sent this many points at once; the characters keep long labels from making a request too large. */
const USUAL_LIMITS: ParcelLimits = { lines: 10_000, characters: 4 * 2 ** 20 };

/** Gathers lines to parcels, and hands each on as soon as it is full. */
export class Parcels {
  private readonly handOn: (parcel: Parcel) => void;
  private readonly limits: ParcelLimits;
  private lines: string[] = [];
  private characters = 0;
  private values = 0;

  constructor(handOn: (parcel: Parcel) => void, limits: ParcelLimits = USUAL_LIMITS) {
    this.handOn = handOn;
    this.limits = limits;
  }

  readonly take: TakeLine = (line, values) => {
    this.lines.push(line);
    this.characters += line.length;
    this.values += values;
    if (this.lines.length >= this.limits.lines || this.characters >= this.limits.characters) {
      this.flush();
    }
  };

  /** Hands on what there is, if anything. */
  flush(): void {
    const { lines, values } = this;
    this.lines = [];
    this.characters = 0;
    this.values = 0;
    if (lines.length > 0) {
      this.handOn({ body: Buffer.from(lines.join('')), values });
    }
  }
}
