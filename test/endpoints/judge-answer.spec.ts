import { judgeAnswer } from '../../src/endpoints/judge-answer.js';

const NOW = new Date('2026-11-21T09:00:00Z');
const judge = (statusCode: number, retryAfter?: string): ReturnType<typeof judgeAnswer> =>
  judgeAnswer({ statusCode, retryAfter }, NOW);

test.each([200, 201, 202, 204, 299])('%i has taken the event', (status) => {
  expect(judge(status)).toEqual({ outcome: 'delivered' });
});

test.each([413, 415, 422])('%i is said of the event: it is not sent again', (status) => {
  expect(judge(status)).toEqual({
    outcome: 'refused',
    reason: `the endpoint answered ${status}`,
  });
});

test.each([100, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 599, 0])(
  '%i is said of the endpoint: the event waits',
  (status) => {
    expect(judge(status)).toMatchObject({ outcome: 'failed' });
  },
);

test('410 says that nobody is there any more', () => {
  expect(judge(410).outcome).toBe('gone');
});

test('a redirect says what to do', () => {
  expect(judge(302)).toMatchObject({ reason: expect.stringContaining('set the url') as string });
});

test.each([
  [429, '120', 120_000],
  [429, undefined, 0],
  [503, '0', 0],
  [503, 'Sat, 21 Nov 2026 09:01:00 GMT', 60_000],
  [503, 'Sat, 21 Nov 2026 08:00:00 GMT', 0],
  [503, '-1', undefined],
  [503, 'soon', undefined],
  [503, '1e3', undefined],
  [503, undefined, undefined],
  [500, '120', undefined],
])('%i with Retry-After %j asks for a rest of %j ms', (status, retryAfter, retryAfterMs) => {
  const judgement = judge(status, retryAfter);
  expect(judgement.outcome === 'failed' ? judgement.retryAfterMs : NaN).toBe(retryAfterMs);
});
