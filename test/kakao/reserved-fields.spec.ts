import { CHAT_TYPES } from '../../src/kakao/chat-types.js';
import { MEMBER_COUNT_RANGES } from '../../src/kakao/member-count-ranges.js';
import type { Parameter, Problem } from '../../src/kakao/parameter.js';
import { readReservedFields, type ReservedFields } from '../../src/kakao/reserved-fields.js';

type Value = Parameter['value'];
const text = (value: string): Value => ({ text: value });
const json = (value: string): Value => ({ json: value });
const NEEDED = { CHAT_TYPE: text('DirectChat'), HASH_CHAT_ID: text('room') };

function parameters(values: Readonly<Record<string, Value>>): Parameter[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function understood(values: Readonly<Record<string, Value>>): {
  fields: ReservedFields;
  unknownValues: readonly string[];
} {
  const reading = readReservedFields(parameters({ ...NEEDED, ...values }));
  if (Array.isArray(reading)) throw new Error(JSON.stringify(reading));
  return reading;
}

function problems(values: Readonly<Record<string, Value>>): Problem[] {
  const reading = readReservedFields(parameters(values));
  if (!Array.isArray(reading)) throw new Error('It was understood.');
  return reading;
}

describe('the reserved fields', () => {
  test.each(CHAT_TYPES)('chat type %s is known', (chatType) => {
    const { fields, unknownValues } = understood({ CHAT_TYPE: text(chatType) });
    expect(fields.CHAT_TYPE).toBe(chatType);
    expect(unknownValues).toEqual([]);
  });

  test.each(['ChannelChat', 'memochat', ' MemoChat', '__proto__', '채팅'])(
    'chat type %j is kept and flagged, never refused',
    (chatType) => {
      const { fields, unknownValues } = understood({ CHAT_TYPE: text(chatType) });
      expect(fields.CHAT_TYPE).toBe(chatType);
      expect(unknownValues).toEqual(['CHAT_TYPE']);
    },
  );

  test.each<[string, Value | undefined, string | undefined]>([
    ['missing', undefined, undefined],
    ['empty', text(''), undefined],
    ['null', json('null'), undefined],
    ['a number', json('10000'), '10000'],
    ['text', text('10000'), '10000'],
    ['19 digits', json('9223372036854775807'), '9223372036854775807'],
    ['19 digits as text', text('9007199254740993123'), '9007199254740993123'],
  ])('TEMPLATE_ID %s: digits are kept, and no template is one thing', (_, value, digits) => {
    const { fields, unknownValues } = understood(value === undefined ? {} : { TEMPLATE_ID: value });
    expect(fields.TEMPLATE_ID).toBe(digits);
    expect(unknownValues).toEqual([]);
  });

  test.each<[Value, boolean]>([
    [json('true'), true],
    [text('true'), true],
    [text('TRUE'), true],
    [text('True'), true],
    [json('false'), false],
    [text('false'), false],
    [text('FALSE'), false],
  ])('IS_SINGLE_CHATROOM %j is told', (value, told) => {
    const { fields, unknownValues } = understood({ IS_SINGLE_CHATROOM: value });
    expect(fields.IS_SINGLE_CHATROOM).toBe(told);
    expect(unknownValues).toEqual([]);
  });

  test.each<[string, Value | undefined, string[]]>([
    ['missing', undefined, []],
    ['empty', text(''), []],
    ['null', json('null'), []],
    ['of an unknown value', text('perhaps'), ['IS_SINGLE_CHATROOM']],
    ['a number', json('1'), ['IS_SINGLE_CHATROOM']],
  ])('IS_SINGLE_CHATROOM %s is not told, which is not false', (_, value, flagged) => {
    const { fields, unknownValues } = understood(
      value === undefined ? {} : { IS_SINGLE_CHATROOM: value },
    );
    expect(fields.IS_SINGLE_CHATROOM).toBeUndefined();
    expect(unknownValues).toEqual(flagged);
  });

  test.each(MEMBER_COUNT_RANGES)('range %s is known', (range) => {
    const { fields, unknownValues } = understood({ CHAT_MEMBER_COUNT_RANGE: text(range) });
    expect(fields.CHAT_MEMBER_COUNT_RANGE).toBe(range);
    expect(unknownValues).toEqual([]);
  });

  test.each(['1 ', '5 ', '10 ', '30 ', '50 ', '100 ', '500 ', '1000 '])(
    'range %j lost its plus in a query and gets it back',
    (range) => {
      const { fields, unknownValues } = understood({ CHAT_MEMBER_COUNT_RANGE: text(range) });
      expect(fields.CHAT_MEMBER_COUNT_RANGE).toBe(range.replace(' ', '+'));
      expect(unknownValues).toEqual([]);
    },
  );

  test('an unknown range is kept and flagged, an empty one is not told', () => {
    const unknown = understood({ CHAT_MEMBER_COUNT_RANGE: text('5000+') });
    expect(unknown.fields.CHAT_MEMBER_COUNT_RANGE).toBe('5000+');
    expect(unknown.unknownValues).toEqual(['CHAT_MEMBER_COUNT_RANGE']);
    const empty = understood({ CHAT_MEMBER_COUNT_RANGE: text('') });
    expect(empty.fields.CHAT_MEMBER_COUNT_RANGE).toBeUndefined();
    expect(empty.unknownValues).toEqual([]);
  });

  test.each<[string, Record<string, Value>, string[]]>([
    ['nothing at all', {}, ['CHAT_TYPE', 'HASH_CHAT_ID']],
    ['no chat type', { HASH_CHAT_ID: text('room') }, ['CHAT_TYPE']],
    ['no room', { CHAT_TYPE: text('DirectChat') }, ['HASH_CHAT_ID']],
    ['a null chat type', { ...NEEDED, CHAT_TYPE: json('null') }, ['CHAT_TYPE']],
    ['an empty room', { ...NEEDED, HASH_CHAT_ID: text('') }, ['HASH_CHAT_ID']],
    ['an over-long chat type', { ...NEEDED, CHAT_TYPE: text('x'.repeat(65)) }, ['CHAT_TYPE']],
    ['an over-long room', { ...NEEDED, HASH_CHAT_ID: text('x'.repeat(257)) }, ['HASH_CHAT_ID']],
    ['an object', { ...NEEDED, CHAT_TYPE: json('{"a":1}') }, ['CHAT_TYPE']],
    ['a list', { ...NEEDED, TEMPLATE_ID: json('[1]') }, ['TEMPLATE_ID']],
    ['a NUL', { ...NEEDED, HASH_CHAT_ID: text('a\0b') }, ['HASH_CHAT_ID']],
    ['a lone surrogate', { ...NEEDED, HASH_CHAT_ID: text('\ud800') }, ['HASH_CHAT_ID']],
    ['a template of 20 digits', { ...NEEDED, TEMPLATE_ID: text('1'.repeat(20)) }, ['TEMPLATE_ID']],
    ['a template that is no number', { ...NEEDED, TEMPLATE_ID: text('SECRET') }, ['TEMPLATE_ID']],
    ['a template with a fraction', { ...NEEDED, TEMPLATE_ID: json('1.5') }, ['TEMPLATE_ID']],
  ])('%s is a problem that names the field and not the input', (_, values, fields) => {
    const found = problems(values);
    expect(found.map(({ field }) => field)).toEqual(fields);
    expect(JSON.stringify(found)).not.toMatch(/SECRET|room|xxx|\\u0000/);
  });

  test('a repeated field is a problem, be it the same value', () => {
    const twice = [...parameters(NEEDED), ...parameters(NEEDED)];
    expect(readReservedFields(twice)).toEqual([
      { field: 'CHAT_TYPE', problem: 'is repeated' },
      { field: 'HASH_CHAT_ID', problem: 'is repeated' },
    ]);
  });

  test('names are told apart by every letter: others are custom parameters', () => {
    const reading = readReservedFields(
      parameters({ ...NEEDED, chat_type: text('MemoChat'), template_id: json('[]') }),
    );
    expect(reading).toMatchObject({ fields: { CHAT_TYPE: 'DirectChat' }, unknownValues: [] });
  });
});
