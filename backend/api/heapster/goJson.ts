/** What Heapster's answers are made of; bigint where a double would lose digits. */
export type GoValue =
  string | number | bigint | boolean | null | readonly GoValue[] | { readonly [key: string]: GoValue | undefined };

/** Go writes these as escapes, so that JSON can stand in HTML. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON on one line, as Heapster's batch answers and its export have it. */
export function compactJson(value: GoValue): string {
  return write(value, '', '');
}

/** JSON as all other answers have it: a space per level, and one more before every line but the first. */
export function indentedJson(value: GoValue): string {
  return write(value, ' ', '\n ');
}

function write(value: GoValue, indent: string, newLine: string): string {
  if (typeof value === 'string') {
    return quote(value);
  }
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const inner = newLine + indent;
  if (Array.isArray(value)) {
    return enclose(
      '[]',
      value.map((entry: GoValue) => write(entry, indent, inner)),
      newLine,
      inner
    );
  }
  const colon = indent === '' ? ':' : ': ';
  const entries = Object.entries(value as { readonly [key: string]: GoValue | undefined }).flatMap(([key, entry]) =>
    entry === undefined ? [] : [`${quote(key)}${colon}${write(entry, indent, inner)}`]
  );
  return enclose('{}', entries, newLine, inner);
}

function enclose(brackets: string, parts: readonly string[], newLine: string, inner: string): string {
  return parts.length === 0 ? brackets : `${brackets[0]}${inner}${parts.join(`,${inner}`)}${newLine}${brackets[1]}`;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(ESCAPED, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
