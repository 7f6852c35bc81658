import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { toAsyncApi } from '../../src/events/catalogue/asyncapi.js';
import { CATALOGUE } from '../../src/events/catalogue/catalogue.js';
import { exampleEvent } from '../../src/events/catalogue/cloud-event.js';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { dataProblemsOf, problemsOf } from './catalogue-check.js';

const committed = readFileSync('asyncapi.json', 'utf8');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** The parser of AsyncAPI also tells what could be nicer. */
function isError({ severity }: { severity: number }): boolean {
  return severity === 0;
}

test('asyncapi.json is what the catalogue gives: if not, run `npm run asyncapi`', () => {
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(toAsyncApi(version))));
});

test('asyncapi.json is an AsyncAPI document without errors, with a message for each event on each channel', async () => {
  const { document, diagnostics } = await new Parser().parse(committed);
  expect(diagnostics.filter(isError)).toEqual([]);
  const types = CATALOGUE.map(({ type }) => type).sort();
  const channels = document?.channels().all() ?? [];
  expect(channels.map((channel) => channel.id()).sort()).toEqual(
    ['bullmq', 'kafka', 'nats', 'rabbitmq', 'webhooks'].sort(),
  );
  for (const channel of channels) {
    const names = channel.messages().all();
    expect(names.map((message) => message.name()).sort()).toEqual(types);
    expect(channel.operations().all()).toHaveLength(1);
  }
});

test('no two events have one type', () => {
  expect(new Set(CATALOGUE.map(({ type }) => type)).size).toBe(CATALOGUE.length);
});

describe.each(CATALOGUE.map((definition) => ({ ...definition })))('$type', (definition) => {
  const { type, data, example } = definition;
  const fields: Record<string, { description?: string }> = data.properties;

  test('its example is valid, in its envelope too', () => {
    expect(dataProblemsOf(type, example)).toEqual([]);
    expect(problemsOf(exampleEvent(definition) as unknown as ShareEvent)).toEqual([]);
  });

  test('takes no field that is not in the catalogue', () => {
    expect(dataProblemsOf(type, { ...example, surprise: 1 })).not.toEqual([]);
  });

  test('every field is explained', () => {
    for (const { description = '' } of Object.values(fields)) {
      expect(description).toMatch(/^[A-Z].{10,}/);
    }
  });

  test('tells no key, no token, no payload, no person, and no room but by its hash', () => {
    const names = Object.keys(fields).filter((name) => name !== 'roomHash');
    expect(
      names.filter((name) => /key|token|secret|payload|body|header|room|userId/i.test(name)),
    ).toEqual([]);
  });
});
