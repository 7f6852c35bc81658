import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import {
  openTransports,
  type EventTransportsOptions,
} from '../../src/transports/open-transport.js';
import { ShareEvents } from '../../src/transports/share-events.js';
import { modulesLoadedBy } from '../support/loaded-modules.js';

const ALL: EventTransportsOptions = {
  eventTransports: ['in-process', 'bullmq', 'rabbitmq', 'nats', 'kafka'],
  rabbitmq: { url: 'amqp://127.0.0.1' },
  nats: { servers: 'nats://127.0.0.1' },
  kafka: { brokers: ['127.0.0.1:9092'] },
};

function open(options: EventTransportsOptions): EventTransport[] {
  const queueStore = new QueueStore({ redis: { url: 'redis://127.0.0.1:1' } });
  return openTransports(options, { queueStore, shareEvents: new ShareEvents() });
}

function ownTransport(name: string): EventTransport {
  const nothing = (): Promise<void> => Promise.resolve();
  return { name, batchSize: 1, connect: nothing, publish: nothing, close: nothing };
}

const options = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'KAKAO_SHARE_TRANSPORT_OPTIONS',
    message: expect.stringMatching(message) as unknown,
  });

test('unless told otherwise events go to listeners in the process', () => {
  expect(open({}).map(({ name }) => name)).toEqual(['in-process']);
});

test('several are open at once, ours by name and one of the host', () => {
  const mine = ownTransport('warehouse-2');
  const transports = open({ ...ALL, eventTransports: [...(ALL.eventTransports ?? []), mine] });
  expect(transports.map(({ name }) => name)).toEqual([
    ...(ALL.eventTransports ?? []),
    'warehouse-2',
  ]);
  expect(transports.at(-1)).toBe(mine);
});

test.each([
  ['rabbitmq', /RABBITMQ_URL/],
  ['nats', /NATS_URL/],
  ['kafka', /KAFKA_BROKERS/],
] as const)('%s without its options is refused at start, with the remedy', (name, remedy) => {
  expect(() => open({ eventTransports: [name] })).toThrow(options(remedy) as Error);
});

test.each([
  '',
  'Warehouse',
  '2nd',
  'ware house',
  'w'.repeat(64),
  'kafka',
  'in-process',
  'endpoint/1',
])('a transport of the host may not be named "%s"', (name) => {
  expect(() => open({ eventTransports: [ownTransport(name)] })).toThrow(
    options(/a name of its own/) as Error,
  );
});

test('two of one name are refused: progress is kept under it', () => {
  const twice = [ownTransport('warehouse'), ownTransport('warehouse')];
  expect(() => open({ eventTransports: twice })).toThrow(options(/chosen twice/) as Error);
  expect(() => open({ eventTransports: ['bullmq', 'bullmq'] })).toThrow(
    options(/chosen twice/) as Error,
  );
});

test('a name that is none of ours is refused, though a type was talked out of it', () => {
  expect(() => open({ eventTransports: ['kinesis' as 'kafka'] })).toThrow(
    options(/there are in-process/) as Error,
  );
});

const CLIENTS = ['amqplib', '@nats-io', 'kafkajs'];

test('no client is loaded until a transport is used', () => {
  const loaded = modulesLoadedBy('nestjs-kakao-share').join('\n');
  expect(loaded).toContain('/dist/transports/kafka-transport.js');
  for (const client of CLIENTS) expect(loaded).not.toContain(`/node_modules/${client}/`);
});

describe('where no client is installed', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-no-clients-'));
    cpSync('dist', path.join(folder, 'dist'), { recursive: true });
    cpSync('package.json', path.join(folder, 'package.json'));
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(path.resolve('node_modules/@nestjs'), path.join(folder, 'node_modules/@nestjs'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['rabbitmq', 'RabbitmqTransport', { url: 'amqp://127.0.0.1:1' }, 'npm install amqplib'],
    [
      'nats',
      'NatsTransport',
      { servers: 'nats://127.0.0.1:1' },
      'npm install @nats-io/transport-node @nats-io/jetstream',
    ],
    ['kafka', 'KafkaTransport', { brokers: ['127.0.0.1:1'] }, 'npm install kafkajs'],
  ])('%s says what to install', (file, name, given, remedy) => {
    const program = `
      import { ${name} } from './dist/transports/${file}-transport.js';
      const transport = new ${name}(${JSON.stringify(given)});
      await transport.connect(new AbortController().signal).catch((error) => console.log(error.code, error.message));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(output).toContain('KAKAO_SHARE_MISSING_CLIENT');
    expect(output).toContain(remedy);
  });
});
