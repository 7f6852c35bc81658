import { readResourceId } from '../../src/kakao/resource-id.js';

const problem = (what: string): object => ({ field: 'X-Kakao-Resource-ID', problem: what });

describe('the resource id', () => {
  test.each([
    '6a1fz0Q9mB3xKp7LrT2vWc8N',
    '0',
    '123456',
    'a:b:c',
    'a, b',
    '__proto__',
    '\xff',
    'x'.repeat(256),
  ])('%j is opaque text', (id) => {
    expect(readResourceId([id])).toBe(id);
  });

  test.each([[undefined], [[]], [['']]])('%j is missing', (values) => {
    expect(readResourceId(values)).toEqual(problem('is missing'));
  });

  test.each([[['a', 'b']], [['a', 'a']], [['a', '']]])('%j is repeated', (values) => {
    expect(readResourceId(values)).toEqual(problem('is repeated'));
  });

  test('it may have 256 bytes and no more', () => {
    expect(readResourceId(['x'.repeat(257)])).toEqual(problem('must have at most 256 bytes'));
  });
});
