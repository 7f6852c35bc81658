import { isRefused } from '../../src/spool/judge-refusal.js';

const coded = (code: string): Error => Object.assign(new Error('told by the server'), { code });

test.each([
  ['a value that has no such type', coded('22P02')],
  ['a constraint', coded('23514')],
  ['a limit of the program', coded('54000')],
  ['a mistake of ours in handling it', new TypeError('x is not a function')],
])('%s is a refusal of this delivery', (_, error) => {
  expect(isRefused(error)).toBe(true);
});

test.each([
  ['a server that says nothing', new Error('timeout expired')],
  ['a lost connection', new Error('Connection terminated unexpectedly')],
  ['a refused connection', coded('ECONNREFUSED')],
  ['a standby that takes no writes', coded('25006')],
  ['a table that is not there yet', coded('42P01')],
  ['a full disk of the database', coded('53100')],
  ['a statement that took too long', coded('57014')],
  ['a deadline of ours', coded('KAKAO_SHARE_DEADLINE')],
  ['whatever a driver may say one day', new Error('something new')],
])('%s is none: the delivery waits', (_, error) => {
  expect(isRefused(error)).toBe(false);
});
