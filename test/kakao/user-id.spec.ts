import type { Parameter } from '../../src/kakao/parameter.js';
import { readUserId } from '../../src/kakao/user-id.js';

const text = (value: string, name = 'user_id'): Parameter => ({ name, value: { text: value } });
const json = (value: string, name = 'user_id'): Parameter => ({ name, value: { json: value } });
const problem = (what: string): object => ({ field: 'user_id', problem: what });

describe('the user id', () => {
  test.each([
    ['missing', []],
    ['null', [json('null')]],
    ['empty', [text('')]],
    ['named by another parameter', [text('minji', 'USER_ID'), text('minji', 'user_id ')]],
  ])('%s: nobody is named, which is no problem', (_, parameters) => {
    expect(readUserId(parameters, 'user_id')).toBeUndefined();
  });

  test.each([
    'minji',
    ' minji ',
    'MinJi',
    '민지',
    '0012',
    'null',
    '__proto__',
    '1.0',
    '\ufeffx',
    '😀',
    '\n',
  ])('the text %j is kept byte for byte', (id) => {
    expect(readUserId([text('1', 'product_id'), text(id)], 'user_id')).toBe(id);
  });

  test.each(['0', '7', '-7', '9007199254740993', '1234567890123456789', '9'.repeat(40)])(
    'the integer %s is its digits as written',
    (digits) => {
      expect(readUserId([json(digits)], 'user_id')).toBe(digits);
    },
  );

  test.each([
    '1.0',
    '1e3',
    '1E18',
    '-0.5',
    'true',
    'false',
    '{}',
    '{"id":"minji"}',
    '[]',
    '["minji"]',
  ])('%s is neither text nor an integer', (value) => {
    expect(readUserId([json(value)], 'user_id')).toEqual(problem('must be text or an integer'));
  });

  test.each(['\0', 'min\0ji', '\ud800', 'a\udfff', '\ude00\ud83d'])(
    '%j names nobody that a database could hold',
    (id) => {
      expect(readUserId([text(id)], 'user_id')).toEqual(
        problem('must be text without NUL or lone surrogates'),
      );
    },
  );

  test('it may have 256 bytes, counted as UTF-8, and no more', () => {
    expect(readUserId([text('x'.repeat(256))], 'user_id')).toHaveLength(256);
    expect(readUserId([text('키'.repeat(85))], 'user_id')).toHaveLength(85);
    expect(readUserId([json('1'.repeat(256))], 'user_id')).toHaveLength(256);
    for (const tooLong of [text('x'.repeat(257)), text('키'.repeat(86)), json('1'.repeat(257))]) {
      expect(readUserId([tooLong], 'user_id')).toEqual(problem('must have at most 256 bytes'));
    }
  });

  test.each([
    [[text('minji'), text('minji')]],
    [[text('minji'), text('jisoo')]],
    [[text('minji'), json('null')]],
    [[text(''), text('minji')]],
  ])('named twice it is nobody: which one counts would be a guess', (parameters) => {
    expect(readUserId(parameters, 'user_id')).toEqual(problem('is repeated'));
  });

  test('the parameter that names the user is a setting, told apart by every letter', () => {
    const parameters = [text('wrong', 'user_id'), text('right', 'memberNo')];
    expect(readUserId(parameters, 'memberNo')).toBe('right');
    expect(readUserId([text('a', '__proto__')], '__proto__')).toBe('a');
    expect(readUserId([], 'toString')).toBeUndefined();
  });
});
