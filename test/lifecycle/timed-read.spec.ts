import { TimedRead } from '../../src/lifecycle/timed-read.js';

const TIMES = { limitMs: 1_000, freshMs: 5_000 };

test('asks once while the answer is fresh, and again afterwards', async () => {
  let [nowMs, asked] = [0, 0];
  const read = new TimedRead(
    'counting',
    () => Promise.resolve(++asked),
    TIMES,
    () => nowMs,
  );
  expect([await read.value(), await read.value()]).toEqual([1, 1]);
  nowMs = 5_000;
  expect(await read.value()).toBe(2);
});

test('a read that hangs is waited for no longer than the limit, and none is begun beside it', async () => {
  let asked = 0;
  let answer: (value: string) => void = () => undefined;
  const read = new TimedRead(
    'hanging',
    () => {
      asked++;
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    },
    TIMES,
  );
  const waiting = [read.value(), read.value()];
  const results = await Promise.allSettled(waiting);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(asked).toBe(1);
  answer('late');
  expect(await read.value()).toBe('late');
  expect(asked).toBe(1);
});

test('a failure is nobody’s answer: the next one asks again', async () => {
  let asked = 0;
  const read = new TimedRead(
    'failing',
    () => (++asked === 1 ? Promise.reject(new Error('away')) : Promise.resolve('back')),
    TIMES,
  );
  await expect(read.value()).rejects.toThrow('away');
  expect(await read.value()).toBe('back');
});
