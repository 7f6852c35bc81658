import {
  boundLookups,
  LookupOverdueError,
  shareLookups,
  type Resolve,
} from '../../src/endpoints/bounded-lookups.js';

const LONG_MS = 60_000;
const FOUND = [{ address: '8.8.8.8', family: 4 }];

/** A name server that answers when it is told to. */
function startSilent(): Resolve & { asked: string[]; answer(hostname: string): void } {
  const waiting = new Map<string, (error?: Error) => void>();
  const resolve = (hostname: string): ReturnType<Resolve> => {
    resolve.asked.push(hostname);
    return new Promise((found, fail) => {
      waiting.set(hostname, () => {
        if (hostname.startsWith('unknown')) fail(new Error('ENOTFOUND'));
        else found(FOUND);
      });
    });
  };
  resolve.asked = [] as string[];
  resolve.answer = (hostname: string) => waiting.get(hostname)?.();
  return resolve;
}

test('a name is looked up once for all who wait for it at the moment, and anew for who comes later', async () => {
  const system = startSilent();
  const resolve = shareLookups(system);
  const answers = [resolve('a'), resolve('a'), resolve('b'), resolve('a')];
  expect(system.asked).toEqual(['a', 'b']);
  for (const name of ['a', 'b']) system.answer(name);
  expect(await Promise.all(answers)).toEqual([FOUND, FOUND, FOUND, FOUND]);
  const later = resolve('a');
  expect(system.asked).toEqual(['a', 'b', 'a']);
  system.answer('a');
  await later;
});

test('two names are looked up at a time, the others in turn, whether the ones before were found or not', async () => {
  const system = startSilent();
  const resolve = boundLookups(system, 2, LONG_MS);
  const first = resolve('unknown');
  const rest = ['b', 'c', 'd'].map((name) => resolve(name));
  expect(system.asked).toEqual(['unknown', 'b']);
  system.answer('unknown');
  await expect(first).rejects.toThrow('ENOTFOUND');
  expect(system.asked).toEqual(['unknown', 'b', 'c']);
  system.answer('b');
  await rest[0];
  expect(system.asked).toEqual(['unknown', 'b', 'c', 'd']);
  for (const name of ['c', 'd']) system.answer(name);
  expect(await Promise.all(rest)).toEqual([FOUND, FOUND, FOUND]);
});

test('a name whose turn does not come in time is given up, and takes no turn later', async () => {
  const system = startSilent();
  const resolve = boundLookups(system, 2, 50);
  const silent = ['a', 'b'].map((name) => resolve(name));
  await expect(resolve('c')).rejects.toBeInstanceOf(LookupOverdueError);
  for (const name of ['a', 'b']) system.answer(name);
  await Promise.all(silent);
  expect(system.asked).toEqual(['a', 'b']);
  const after = ['d', 'e', 'f'].map((name) => resolve(name));
  expect(system.asked).toEqual(['a', 'b', 'd', 'e']);
  for (const name of ['d', 'e']) system.answer(name);
  await Promise.all(after.slice(0, 2));
  system.answer('f');
  await after[2];
});
