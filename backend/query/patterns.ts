import { RE2JS } from 're2js';
import { HeapscopeError, sentenceOf } from '../errors.ts';

const MAX_PATTERN_LENGTH = 1000;

/**
 * Compiles a pattern in RE2's syntax into a test. Matching takes time linear in the text whatever the pattern: patterns
 * whose form is harmless run on the language's own engine, which is faster, all others on RE2's.
 * `whole` demands that the pattern matches the whole text. Throws `bad_request` naming `parameter`.
 */
export function compilePattern(pattern: string, whole: boolean, parameter: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new HeapscopeError(
      'bad_request',
      `The regular expression in ${parameter} has ${pattern.length} characters; at most ${MAX_PATTERN_LENGTH} are allowed.`
    );
  }
  const source = whole ? `^(?:${pattern})$` : pattern;
  let compiled: RE2JS;
  try {
    // Compiled alone first, so that `a)(b` is not mended by the group around it.
    compiled = RE2JS.compile(pattern);
    compiled = whole ? RE2JS.compile(source) : compiled;
  } catch (cause) {
    throw new HeapscopeError(
      'bad_request',
      `The regular expression ${JSON.stringify(pattern)} in ${parameter} is not valid: ${sentenceOf(cause)}.`,
      { cause }
    );
  }
  if (isHarmless(pattern, whole ? 2 : 1)) {
    const native = new RegExp(source);
    return (text) => native.test(text);
  }
  return (text) => compiled.matcher(text).find();
}

/**
 * Whether backtracking cannot take long: few repetitions, at most one group (a list of alternatives) which is not
 * repeated, and nothing that the two syntaxes read differently.
 */
function isHarmless(pattern: string, mostRepetitions: number): boolean {
  const plain = pattern.replace(/\\[.\-/+*?()|[\]{}^$]/g, 'x').replace(/\[[\w.-]+\]/g, 'x');
  const count = (characters: RegExp) => plain.match(characters)?.length ?? 0;
  return (
    /^[\w.\-/:|()*+?^$ ]*$/.test(plain) &&
    !/\)[*+?]|\(\?/.test(plain) &&
    count(/[*+?]/g) <= mostRepetitions &&
    count(/\(/g) <= 1
  );
}
