/** A series of a request as the receiver understands it. Values are the bytes' own, NaNs included. */
export interface ReceivedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Bits of the value, which tell stale markers from other NaNs. */
  readonly bits: bigint;
  readonly timestampMs: number;
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
}

/** Bits of the NaN that ends a series. */
export const STALE_BITS = 0x7ff0000000000002n;

type Field = { readonly number: number } & (
  | { readonly kind: 'varint'; readonly value: number }
  | { readonly kind: 'fixed64'; readonly bytes: Buffer }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
);

/** Reads `prometheus.WriteRequest`, and throws at everything that its schema does not have. */
export function decodeVersion1(request: Buffer): ReceivedSeries[] {
  return fieldsOf(request).map((field) => {
    const series = fieldsOf(bytesOf(field, 1));
    const labels = series.filter(({ number }) => number === 1).map((label) => readLabel(bytesOf(label, 1)));
    return { ...checkLabels(labels), ...readSample(series.filter(({ number }) => number !== 1)) };
  });
}

/** Reads `io.prometheus.write.v2.Request`, and throws at everything that its schema and its specification do not have. */
export function decodeVersion2(request: Buffer): ReceivedSeries[] {
  const fields = fieldsOf(request);
  const symbols = fields.filter(({ number }) => number === 4).map((field) => bytesOf(field, 4).toString('utf8'));
  if (symbols[0] !== '' || new Set(symbols).size !== symbols.length) {
    throw new Error('Symbols begin with the empty text and have each text once.');
  }
  const textOf = (ref: number): string => {
    if (!(ref < symbols.length)) {
      throw new Error(`There is no symbol ${ref}.`);
    }
    return symbols[ref];
  };
  return fields
    .filter(({ number }) => number !== 4)
    .map((field) => {
      const series = fieldsOf(bytesOf(field, 5));
      const refs = packedVarints(bytesOf(only(series, 1), 1)).map(textOf);
      const labels = refs.flatMap((name, index) => (index % 2 === 0 ? [[name, refs[index + 1]] as const] : []));
      const metadata = fieldsOf(bytesOf(only(series, 5), 5));
      return {
        ...checkLabels(labels),
        ...readSample(series.filter(({ number }) => number !== 1 && number !== 5)),
        metadata: {
          type: varintOf(only(metadata, 1)),
          help: textOf(varintOf(only(metadata, 3))),
          unit: textOf(varintOf(only(metadata, 4))),
        },
      };
    });
}

function checkLabels(labels: ReadonlyArray<readonly [string, string]>): Pick<ReceivedSeries, 'labels'> {
  labels.forEach(([name, value], index) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value === '' || (index > 0 && labels[index - 1][0] >= name)) {
      throw new Error(`Labels are named, have values, and are sorted: ${JSON.stringify(labels)}`);
    }
  });
  return { labels: Object.fromEntries(labels) };
}

function readLabel(bytes: Buffer): readonly [string, string] {
  const [name, value, ...rest] = fieldsOf(bytes);
  if (rest.length > 0) {
    throw new Error('A label has a name and a value.');
  }
  return [bytesOf(name, 1).toString('utf8'), bytesOf(value, 2).toString('utf8')];
}

function readSample(fields: readonly Field[]): Pick<ReceivedSeries, 'value' | 'bits' | 'timestampMs'> {
  const [value, timestamp, ...rest] = fieldsOf(bytesOf(only(fields, 2), 2));
  if (value.kind !== 'fixed64' || value.number !== 1 || timestamp.number !== 2 || rest.length > 0) {
    throw new Error('A sample has a value and a timestamp.');
  }
  return {
    value: value.bytes.readDoubleLE(),
    bits: value.bytes.readBigUInt64LE(),
    timestampMs: varintOf(timestamp),
  };
}

function only(fields: readonly Field[], number: number): Field {
  const found = fields.filter((field) => field.number === number);
  if (found.length !== 1) {
    throw new Error(`Field ${number} is there ${found.length} times.`);
  }
  return found[0];
}

function bytesOf(field: Field, number: number): Buffer {
  if (field.kind !== 'bytes' || field.number !== number) {
    throw new Error(`Field ${field.number} of kind ${field.kind} stands where field ${number} belongs.`);
  }
  return field.bytes;
}

function varintOf(field: Field): number {
  if (field.kind !== 'varint') {
    throw new Error(`Field ${field.number} is no number.`);
  }
  return field.value;
}

function packedVarints(bytes: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, next] = readVarint(bytes, at);
    numbers.push(value);
    at = next;
  }
  return numbers;
}

function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, start] = readVarint(bytes, at);
    const [number, wire] = [tag >>> 3, tag & 7];
    if (wire === 0) {
      const [value, next] = readVarint(bytes, start);
      fields.push({ number, kind: 'varint', value });
      at = next;
    } else if (wire === 1) {
      fields.push({ number, kind: 'fixed64', bytes: slice(bytes, start, 8) });
      at = start + 8;
    } else if (wire === 2) {
      const [length, next] = readVarint(bytes, start);
      fields.push({ number, kind: 'bytes', bytes: slice(bytes, next, length) });
      at = next + length;
    } else {
      throw new Error(`There is no wire type ${wire} in these schemas.`);
    }
  }
  return fields;
}

function slice(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) {
    throw new Error('A field is longer than what it is in.');
  }
  return bytes.subarray(at, at + length);
}

function readVarint(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    if (at >= bytes.length || factor > 2 ** 56) {
      throw new Error('A number does not end.');
    }
    const part = bytes[at++];
    value += (part & 0x7f) * factor;
    if (part < 0x80) {
      return [value, at];
    }
  }
}
