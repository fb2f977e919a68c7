import fc from 'fast-check';
import { compilePattern } from './patterns.ts';

describe('a pattern', () => {
  it.each([
    ['web', 'web', true],
    ['web', 'web-1', false],
    ['web.*', 'web-1', true],
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['(web|db)-[0-9]+', 'db-12', true],
    ['[a-z]+-\\d{2}', 'web-12', true],
    ['(?i)WEB', 'web', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a\\.b', 'axb', false],
    ['[[:alpha:]]+', 'web', true],
    ['\\pL+', 'wéb', true],
    ['', '', true],
    ['', 'web', false],
    ['^web$', 'web', true],
    ['(?P<name>w)eb', 'web', true],
    ['a?b', 'b', true],
    ['x{2,3}', 'xxxx', false],
  ])('%s over all of %j: %s', (pattern, text, expected) => {
    expect(compilePattern(pattern, true, 'match')(text)).toBe(expected);
  });

  it.each([
    ['eb-[12]', 'web-1', true],
    ['^eb', 'web', false],
    ['b$', 'web', true],
    ['', 'web', true],
    ['x|w', 'web', true],
  ])('%s somewhere in %j: %s', (pattern, text, expected) => {
    expect(compilePattern(pattern, false, 'match')(text)).toBe(expected);
  });

  it.each([
    ['(', 'missing closing )'],
    ['a)(b', 'unexpected )'],
    ['[z-a]', 'invalid character class range'],
    ['*', 'missing argument to repetition operator'],
    ['a**', 'invalid nested repetition operator'],
    ['(?=a)', 'invalid'],
    ['(a)\\1', 'invalid escape sequence'],
    ['a{1001}', 'invalid repeat count'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
  ])('%s is refused with its reason', (pattern, reason) => {
    const compile = () => compilePattern(pattern, true, 'the filter on pod');
    expect(compile).toThrow(`The regular expression ${JSON.stringify(pattern)} in the filter on pod is not valid: `);
    expect(compile).toThrow(reason);
  });

  it('has a largest length', () => {
    expect(() => compilePattern('a'.repeat(1001), true, 'match')).toThrow(
      'The regular expression in match has 1001 characters; at most 1000 are allowed.'
    );
  });

  it.each([
    ['(a+)+$', 'a'.repeat(253) + '!'],
    ['(a|a)*$', 'a'.repeat(253) + '!'],
    ['(.*)(.*)(.*)(.*)(.*)x', 'a'.repeat(253)],
    ['.*.*.*.*x', 'a'.repeat(253)],
    ['a?'.repeat(60) + 'a'.repeat(60), 'a'.repeat(59)],
    ['.?'.repeat(60) + 'Z', 'web-'.repeat(60)],
    ['(.|.)'.repeat(40) + 'Z', 'web-'.repeat(60)],
    ['(a|ab|abc)(b|bc|c)'.repeat(20) + 'Z', 'abc'.repeat(80)],
    ['[a-z-]+[a-z-]+$', 'web-'.repeat(60) + '!'],
    ['.+.+Z', 'web-'.repeat(60)],
  ])('%s takes no more than a moment per name', (pattern, text) => {
    for (const whole of [true, false]) {
      const matches = compilePattern(pattern, whole, 'match');
      const startedMs = performance.now();
      for (let count = 0; count < 20; count++) {
        matches(text);
      }
      expect((performance.now() - startedMs) / 20).toBeLessThan(250);
    }
  });

  it('means the same on both engines', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '-',
      '.',
      '.*',
      'a+',
      'b?',
      '[ab]',
      '[a-c]',
      'a|b',
      '^',
      '$',
      '(a|b)',
      '\\.',
      '\\-'
    );
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '-', '.'), { maxLength: 8 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 5 }),
        fc.array(text, { maxLength: 5 }),
        fc.boolean(),
        (pieces, texts, whole) => {
          const pattern = pieces.join('');
          // A group with a flag that changes nothing is left to RE2.
          const [native, re2] = [pattern, `(?s:${pattern})`].map((source) => compilePattern(source, whole, 'match'));
          expect(texts.map(native)).toEqual(texts.map(re2));
        }
      ),
      { numRuns: 500 }
    );
  });
});
