import { readFileSync } from 'node:fs';
import { readSettings } from '../../src/config/settings.js';
import { settingsNamed } from './tables.js';

const OF_EVENTS = /^(EVENT|RABBITMQ|NATS|KAFKA)_/;
/** Explained in a sentence, not in the table. */
const IN_WORDS = 'NODE_ENV';

/** The settings that the service asks its environment for. */
function settingsRead(): string[] {
  const asked = new Set<string>();
  const nothing = new Proxy<Record<string, string>>(
    {},
    {
      get(_, name) {
        if (typeof name === 'string' && !name.endsWith('_FILE')) asked.add(name);
        return undefined;
      },
    },
  );
  readSettings(nothing);
  return [...asked].sort();
}

test('.env.example names every setting that is read, and no other', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  const named = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
  expect(named.sort()).toEqual(settingsRead());
});

test.each(['README.md', 'README.ko.md'])('%s names every setting, and no other', (file) => {
  expect([...settingsNamed(file), IN_WORDS].sort()).toEqual(settingsRead());
});

test.each(['docs/events.md', 'docs/events.ko.md'])(
  '%s names every setting that concerns events, and no other',
  (file) => {
    expect(settingsNamed(file)).toEqual(settingsRead().filter((name) => OF_EVENTS.test(name)));
  },
);
