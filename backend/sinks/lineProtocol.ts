/**
 * Words of InfluxDB's line protocol. It has no way to write a line break, and reads a backslash in more than one way before
 * what it escapes: control characters become blanks, and backslashes become slashes.
 */

const CONTROL = /[\u0000-\u001f\u007f]/g;
const MEASUREMENT_SPECIAL = /[, ]/g;
const TAG_SPECIAL = /[,= ]/g;

/** The name of a measurement. */
export function measurementWord(text: string): string {
  return expressible(text).replace(MEASUREMENT_SPECIAL, '\\$&');
}

/** A key or value of a tag, or the key of a field. */
export function tagWord(text: string): string {
  return expressible(text).replace(TAG_SPECIAL, '\\$&');
}

/** A text as InfluxDB can hold it. */
export function expressible(text: string): string {
  return text.replace(CONTROL, ' ').replaceAll('\\', '/');
}

/** Tags as they follow a measurement, comma first, in the order InfluxDB sorts them in; empty ones are left out. */
export function tagList(tags: ReadonlyMap<string, string>): string {
  const keys = [...tags.keys()].sort();
  let list = '';
  for (const key of keys) {
    const [word, value] = [tagWord(key), tagWord(tags.get(key) ?? '')];
    if (word !== '' && value !== '') {
      list += `,${word}=${value}`;
    }
  }
  return list;
}
