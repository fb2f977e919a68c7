/** A JSON object whose members are not known to be what they should be. */
export type JsonObject = Readonly<Record<string, unknown>>;

const EMPTY: JsonObject = Object.freeze({});
const NONE: readonly JsonObject[] = Object.freeze([]);

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key; empty if there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : EMPTY;
}

/** The objects of the list under a key; anything else in the list is left out. */
export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  if (!Array.isArray(value)) {
    return NONE;
  }
  return value.every(isObject) ? value : value.filter(isObject);
}

/** The text under a key; empty if there is none. */
export function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

/** The finite number under a key. */
export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The time under a key in Unix ms; 0 if there is none. */
export function timeAt(object: JsonObject, key: string): number {
  const timestampMs = Date.parse(textAt(object, key));
  return Number.isNaN(timestampMs) ? 0 : timestampMs;
}
