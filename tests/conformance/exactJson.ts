/** A value of JSON in which no digit is lost: whole numbers that a double cannot hold are bigints. */
export type ExactValue =
  string | number | bigint | boolean | null | readonly ExactValue[] | { readonly [key: string]: ExactValue };

interface SourceContext {
  readonly source?: string;
}

type SourceReviver = (this: unknown, key: string, value: unknown, context: SourceContext) => unknown;

/** The parser of the platform with what the type library does not know of it yet. */
const JSON_WITH_SOURCE = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown;
  rawJSON(text: string): unknown;
};

/** Reads JSON; whole numbers beyond 2^53 become bigints. */
export function parseExact(text: string): ExactValue {
  return JSON_WITH_SOURCE.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value
  ) as ExactValue;
}

/** Reads JSON whose numbers, but for those of the key `status`, are written again exactly as they stood. */
export function parseKeepingDigits(text: string): unknown {
  return JSON_WITH_SOURCE.parse(text, (key, value, { source }) =>
    typeof value === 'number' && key !== 'status' && source !== undefined ? JSON_WITH_SOURCE.rawJSON(source) : value
  );
}
