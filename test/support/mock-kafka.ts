import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const START_LIMIT_MS = 60_000;
const READ_LIMIT_MS = 60_000;

/** A message as kcat reads it. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string;
  readonly payload: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

/** librdkafka's mock cluster, which speaks Kafka's protocol, keeps messages in memory and is no Kafka: nothing is replicated. */
export interface MockKafka {
  /** `host:port` of each. */
  readonly brokers: readonly string[];
  /** Produces as Java clients would, by librdkafka's own hand. */
  produce(topic: string, key: string): Promise<void>;
  /** All that a topic has, by partition, in order. */
  read(topic: string): Promise<KafkaRecord[]>;
  stop(): Promise<void>;
}

/** Runs the mock cluster inside a kcat, which has nothing else to do. */
export async function startMockKafka({ brokerCount = 1 } = {}): Promise<MockKafka> {
  const kcat = spawn(
    'kcat',
    // It consumes a topic that stays empty, from the mock cluster: the address given is not used.
    ['-C', '-t', 'nothing', '-b', 'none:1', '-X', `test.mock.num.brokers=${brokerCount}`].concat([
      '-X',
      'debug=mock',
    ]),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = async (): Promise<void> => {
    if (kcat.exitCode !== null || kcat.signalCode !== null) return;
    const exited = once(kcat, 'exit');
    kcat.kill('SIGKILL');
    await exited;
  };
  try {
    const brokers = await addressesIn(kcat.stderr);
    kcat.stderr.resume();
    return {
      brokers,
      produce: (topic, key) => produce(brokers, topic, key),
      read: (topic) => read(brokers, topic),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** "Mock cluster mockCluster156eb3c7dae0 bootstrap.servers=127.0.0.1:34961,127.0.0.1:45075" */
async function addressesIn(output: NodeJS.ReadableStream): Promise<string[]> {
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  let text = '';
  for (;;) {
    const [chunk] = (await once(output, 'data', { signal })) as [Buffer];
    text += chunk.toString();
    const [, addresses] = / bootstrap\.servers=(\S+)\n/.exec(text) ?? [];
    if (addresses !== undefined) return addresses.split(',');
  }
}

async function produce(brokers: readonly string[], topic: string, key: string): Promise<void> {
  const kcat = spawn(
    'kcat',
    ['-P', '-b', brokers.join(','), '-t', topic, '-k', key, '-X', 'partitioner=murmur2'],
    { stdio: ['pipe', 'ignore', 'ignore'], timeout: READ_LIMIT_MS },
  );
  kcat.stdin.end('from kcat');
  const [code] = (await once(kcat, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kcat could not produce: ${code}`);
}

async function read(brokers: readonly string[], topic: string): Promise<KafkaRecord[]> {
  const { stdout } = await promisify(execFile)(
    'kcat',
    ['-C', '-b', brokers.join(','), '-t', topic, '-o', 'beginning', '-e', '-q', '-J'],
    { timeout: READ_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as KafkaRecord);
}
