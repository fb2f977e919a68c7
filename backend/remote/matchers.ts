/** One condition of a PromQL selector. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A selector, such as `heapscope_pod_info{namespace="shop"}`; without a name, the braces alone. */
export function selector(name: string, matchers: readonly Matcher[]): string {
  const inside = matchers.map(({ label, operator, value }) => `${label}${operator}${quoted(value)}`).join(',');
  return inside === '' && name !== '' ? name : `${name}{${inside}}`;
}

/** A text as PromQL writes it. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;
}

/** A matcher for one of several texts, none of them empty. */
export function oneOf(label: string, texts: readonly string[], isNegated = false): Matcher {
  return texts.length === 1
    ? { label, operator: isNegated ? '!=' : '=', value: texts[0] }
    : { label, operator: isNegated ? '!~' : '=~', value: texts.map(escapePattern).join('|') };
}

/** A pattern that matches a text and nothing else. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}
