import fc from 'fast-check';
import { parseLabelSelector } from './labelSelector.ts';

const WEB = { app: 'web', tier: 'front', empty: '', rank: '12', 'app.kubernetes.io/name': 'shop' };
const NOTHING = {};

describe('a label selector', () => {
  it.each([
    // selector, labels of a web pod, no labels
    ['', true, true],
    ['  ', true, true],
    ['app=web', true, false],
    ['app==web', true, false],
    ['app = web', true, false],
    [' app  ==  web ', true, false],
    ['app=db', false, false],
    ['app!=web', false, true],
    ['app != db', true, true],
    ['app in (web)', true, false],
    ['app in (db,web)', true, false],
    ['app in ( db , web )', true, false],
    ['app in(web)', true, false],
    ['app in (db)', false, false],
    ['app notin (web,db)', false, true],
    ['app notin (db)', true, true],
    ['app', true, false],
    ['legacy', false, false],
    ['!app', false, true],
    ['! app', false, true],
    ['!legacy', true, true],
    ['app=web,tier=front', true, false],
    ['app=web,tier=back', false, false],
    ['app in (web,db),tier notin (back),!legacy', true, false],
    ['empty=', true, false],
    ['empty==', true, false],
    ['empty', true, false],
    ['empty!=', false, true],
    ['empty in (,web)', true, false],
    ['app in (a,)', false, false],
    ['app.kubernetes.io/name=shop', true, false],
    ['app.kubernetes.io/name in (shop,bank)', true, false],
    ['in', false, false],
    ['app=in', false, false],
    ['rank>11', true, false],
    ['rank > 12', false, false],
    ['rank<13', true, false],
    ['rank < 12', false, false],
    ['tier>1', false, false],
    ['constructor', false, false],
    ['!toString', true, true],
  ])('%s', (selector, web, nothing) => {
    const matches = parseLabelSelector(selector);
    expect([matches(WEB), matches(NOTHING)]).toEqual([web, nothing]);
  });

  it.each([
    'app=web,',
    ',app=web',
    'app=web,,tier=front',
    'app===web',
    'app=!web',
    '!app=web',
    '=web',
    'app=web tier=front',
    'app in web',
    'app in (web',
    'app in web)',
    'app in ()',
    'app notin ()',
    'app in (web front)',
    'app in ((web))',
    'app is web',
    '-app',
    'app=web!',
    'app=-web',
    'a/b/c=d',
    '/app',
    'rank>many',
    'rank>',
    'rank>1.5',
    '(app)',
    'äpp=web',
  ])('%s is refused', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(
      `The label selector ${JSON.stringify(selector)} has a part that is not valid: `
    );
  });

  it('names the part that is not valid', () => {
    expect(() => parseLabelSelector('app=web, tier in front')).toThrow('not valid: "tier in front"');
  });

  it('has a largest length', () => {
    expect(() => parseLabelSelector(`app=${'a'.repeat(2000)}`)).toThrow(
      'The label selector has 2004 characters; at most 2000 are allowed.'
    );
  });

  it('takes no more than a moment, whatever it is', () => {
    const hard = [
      'a'.repeat(2000) + '!',
      'a.'.repeat(1000),
      'a-/'.repeat(600),
      `a in (${'a,'.repeat(900)}`,
      '('.repeat(2000),
      `a in (${' '.repeat(1900)}`,
      `a in (${' ,'.repeat(900)}`,
      ','.repeat(2000),
      ' '.repeat(1999) + '=',
      `a${' '.repeat(1990)}b`,
    ];
    for (const selector of hard) {
      const startedMs = performance.now();
      expect(() => parseLabelSelector(selector)).toThrow('label selector');
      expect(performance.now() - startedMs).toBeLessThan(2000);
    }
  });

  it('never fails otherwise than with its sentence', () => {
    const piece = fc.constantFrom(
      'app',
      'in',
      'notin',
      '=',
      '==',
      '!=',
      '!',
      '(',
      ')',
      ',',
      ' ',
      'web',
      '<',
      '>',
      '1',
      '/',
      '.'
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((pieces) => pieces.join('')),
          fc.string()
        ),
        (selector) => {
          try {
            parseLabelSelector(selector)(WEB);
          } catch (error) {
            expect((error as Error).message).toMatch(/^The label selector .* not valid/s);
          }
        }
      )
    );
  });
});
