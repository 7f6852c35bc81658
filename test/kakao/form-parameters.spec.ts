import fc from 'fast-check';
import { readFormParameters } from '../../src/kakao/form-parameters.js';
import { MAX_PARAMETERS } from '../../src/kakao/parameter.js';

const read = (text: string): ReturnType<typeof readFormParameters> =>
  readFormParameters(Buffer.from(text, 'latin1'));
const pair = (name: string, text: string): { name: string; value: { text: string } } => ({
  name,
  value: { text },
});

describe('form parameters', () => {
  test.each([
    ['a plus is a space', 'range=1+', [pair('range', '1 ')]],
    ['an escaped plus is a plus', 'range=1%2B&r=1%2b', [pair('range', '1+'), pair('r', '1+')]],
    ['an escaped space is a space', 'a=1%20', [pair('a', '1 ')]],
    ['an escaped percent sign is not unescaped twice', 'a=%252B', [pair('a', '%2B')]],
    [
      'what is no escape stays as written',
      'a=100%&b=%zz&c=%4',
      [pair('a', '100%'), pair('b', '%zz'), pair('c', '%4')],
    ],
    ['only the first equals sign divides', 'a=b=c==', [pair('a', 'b=c==')]],
    ['a name may have no value', 'a&b=', [pair('a', ''), pair('b', '')]],
    ['a value may have no name', '=x', [pair('', 'x')]],
    ['empty pairs are nothing', '&&a=1&&&b=2&', [pair('a', '1'), pair('b', '2')]],
    ['nothing has no parameters', '', []],
    ['a repeated name stays visible', 'a=1&%61=2', [pair('a', '1'), pair('a', '2')]],
    [
      'names are data',
      '__proto__=x&constructor=y',
      [pair('__proto__', 'x'), pair('constructor', 'y')],
    ],
    ['a semicolon divides nothing', 'a=1;b=2', [pair('a', '1;b=2')]],
    ['escaped UTF-8 is read', '%ED%82%A4=%F0%9F%98%80', [pair('키', '😀')]],
    ['half a character escaped and half of it plain meet', '%ED%82\xa4=x', [pair('키', 'x')]],
    ['a NUL is kept', 'a=%00', [pair('a', '\0')]],
    ['a byte order mark is kept', 'a=%EF%BB%BFx', [pair('a', '\ufeffx')]],
  ])('%s', (_, text, parameters) => {
    expect(read(text)).toEqual(parameters);
  });

  test.each(['a=%FF', 'a=\xff', '%C3=x', 'a=%C0%80', 'a=%ED%A0%80', 'ok=1&a=%E2%82'])(
    '%j is not UTF-8 and nothing takes its place',
    (text) => {
      expect(read(text)).toBe('must be percent-encoded UTF-8');
    },
  );

  test('there may be 256 parameters and no more', () => {
    const pairs = (count: number): string => Array.from({ length: count }, () => 'a=1').join('&');
    expect(read(pairs(MAX_PARAMETERS))).toHaveLength(MAX_PARAMETERS);
    expect(read(`${pairs(MAX_PARAMETERS)}&`)).toHaveLength(MAX_PARAMETERS);
    expect(read(pairs(MAX_PARAMETERS + 1))).toBe('has more than 256 parameters');
  });

  test('no parameter is lost behind empty pairs', () => {
    expect(read(`a=1${'&'.repeat(2_000)}user_id=minji`)).toEqual([
      pair('a', '1'),
      pair('user_id', 'minji'),
    ]);
  });

  test('any pairs are read as they were written', () => {
    const anyText = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText), { maxLength: 30 }), (pairs) => {
        expect(read(new URLSearchParams(pairs).toString())).toEqual(
          pairs.map(([name, text]) => pair(name, text)),
        );
        const byHand = pairs.map((two) => two.map(encodeURIComponent).join('=')).join('&');
        expect(read(byHand)).toEqual(pairs.map(([name, text]) => pair(name, text)));
      }),
    );
  });

  test('no bytes make it throw', () => {
    const escapes = fc.array(fc.constantFrom('%', '%E', '%ED', '%A0', '%80', '+', '&', '=', 'a'));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          escapes.map((all) => Buffer.from(all.join(''))),
        ),
        (bytes) => {
          readFormParameters(Buffer.from(bytes));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
