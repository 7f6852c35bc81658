import fc from 'fast-check';
import { readJsonParameters } from '../../src/kakao/json-parameters.js';
import type { Parameter } from '../../src/kakao/parameter.js';
import { writeCustomParameters } from '../../src/kakao/share-webhook.js';

function parametersOf(source: string): Parameter[] {
  const parameters = readJsonParameters(source);
  if (typeof parameters === 'string') throw new Error(parameters);
  return parameters;
}

const nested = (depth: number): string => `{"v":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const membersUpTo = (count: number): string =>
  `{${Array.from({ length: count }, (_, at) => `"p${at}":1`).join(',')}}`;

describe('JSON parameters', () => {
  test.each([
    '9007199254740993',
    '1234567890123456789',
    '-1234567890123456789',
    '1234567890123456789012345678901234567890',
    '0.1000',
    '1.50',
    '-0',
    '1e3',
    '1E+400',
    'true',
    'false',
    'null',
    '[1, 2 ,3]',
    '{"a": 9007199254740993, "b":[{}]}',
    '{"a":"}\\"],{", "b":"\\\\"}',
  ])('%s is kept as it was written', (literal) => {
    expect(parametersOf(`{"v": ${literal} , "after":"x"}`)).toEqual([
      { name: 'v', value: { json: literal } },
      { name: 'after', value: { text: 'x' } },
    ]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', '키', 'a"b\\c'])(
    'the name %j is data like any other',
    (name) => {
      const source = `{${JSON.stringify(name)}:"x","other":{"__proto__":{"admin":true}}}`;
      expect(parametersOf(source)).toEqual([
        { name, value: { text: 'x' } },
        { name: 'other', value: { json: '{"__proto__":{"admin":true}}' } },
      ]);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  );

  test('a repeated name stays visible, however it is escaped', () => {
    expect(parametersOf('{"a":1,"\\u0061":"two","a":{"a":3}}')).toEqual([
      { name: 'a', value: { json: '1' } },
      { name: 'a', value: { text: 'two' } },
      { name: 'a', value: { json: '{"a":3}' } },
    ]);
  });

  test.each([
    [String.raw`"\u0041\n\t\"\\\/"`, 'A\n\t"\\/'],
    [String.raw`"\ud83d\ude00"`, '😀'],
    [String.raw`"\ud800"`, '\ud800'],
    [String.raw`"\u0000"`, '\0'],
    ['" a : b , c } ] "', ' a : b , c } ] '],
    ['""', ''],
  ])('the text %s is unescaped', (literal, text) => {
    expect(parametersOf(`{"v":${literal}}`)).toEqual([{ name: 'v', value: { text } }]);
  });

  test.each(['{}', ' { \n\t} '])('%j has no parameters', (source) => {
    expect(parametersOf(source)).toEqual([]);
  });

  test('white space around names and values is not part of them', () => {
    expect(parametersOf('\r\n{ "a"\t: 1 ,\n "b" : "x"\r\n}\n')).toEqual([
      { name: 'a', value: { json: '1' } },
      { name: 'b', value: { text: 'x' } },
    ]);
  });

  test.each([
    '',
    ' ',
    'null',
    '1',
    '"text"',
    '[]',
    '[{}]',
    '{',
    '{"a":1',
    '{"a":1,}',
    '{"a":01}',
    '{"a":NaN}',
    "{'a':1}",
    '{"a":1}x',
    '{"a":"\0"}',
    '{"a":"\n"}',
    '\ufeff{"a":1}',
    'a=1&b=2',
  ])('%j is not a JSON object', (source) => {
    expect(readJsonParameters(source)).toBe('must be a JSON object');
  });

  test('values may be nested, the object itself counted, 32 deep and no deeper', () => {
    expect(parametersOf(nested(31))).toHaveLength(1);
    expect(readJsonParameters(nested(32))).toBe('is nested more than 32 deep');
    expect(readJsonParameters(nested(30_000))).toBe('is nested more than 32 deep');
  });

  test('there may be 256 parameters and no more', () => {
    expect(parametersOf(membersUpTo(256))).toHaveLength(256);
    expect(readJsonParameters(membersUpTo(257))).toBe('has more than 256 parameters');
  });

  test('any JSON object is written again as the object that it was', () => {
    const anyText = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
      .map((units) => String.fromCharCode(...units));
    const anyObject = fc.dictionary(
      fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'user_id')),
      fc.oneof(anyText, fc.jsonValue({ maxDepth: 4 })),
      { maxKeys: 20 },
    );
    fc.assert(
      fc.property(anyObject, fc.constantFrom(undefined, 2, '\t'), (object, indent) => {
        const source = JSON.stringify(object, undefined, indent);
        const written = writeCustomParameters(parametersOf(source));
        expect(JSON.parse(written)).toEqual(JSON.parse(source));
        expect(JSON.stringify(JSON.parse(written))).toBe(JSON.stringify(JSON.parse(source)));
      }),
    );
  });

  test('no text makes it throw', () => {
    const tokens = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ':',
        ',',
        '\\',
        '\\u',
        'd800',
        '1',
        'e',
        'null',
        ' ',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          tokens.map((all) => all.join('')),
        ),
        (text) => {
          readJsonParameters(text);
          readJsonParameters(`{"a":${text}}`);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
