const NAMED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
/** What Go prints as it is: graphic characters, and of blanks only the usual one. */
const PRINTED = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A text between quotes as Go's `%q` writes it. */
export function quoteGo(text: string): string {
  return `"${Array.from(text, (sign) => NAMED[sign] ?? (PRINTED.test(sign) ? sign : escaped(sign))).join('')}"`;
}

function escaped(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) {
    return `\\x${hex(code, 2)}`;
  }
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** A text between quotes as Go's parser of times writes it: byte by byte what is not ASCII, and controls. */
export function quoteGoTime(text: string): string {
  const bytes = Array.from(Buffer.from(text), (byte) => {
    const sign = String.fromCharCode(byte);
    return byte < 0x20 || byte >= 0x80 ? `\\x${hex(byte, 2)}` : sign === '"' || sign === '\\' ? `\\${sign}` : sign;
  });
  return `"${bytes.join('')}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
