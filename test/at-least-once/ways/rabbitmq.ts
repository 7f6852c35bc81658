import { connect, type ChannelModel } from 'amqplib';
import type { ShareEvent } from '../../../src/events/domain-event.js';
import { DEFAULT_EXCHANGE } from '../../../src/transports/rabbitmq-transport.js';
import { startPrivateRabbitmq } from '../../support/private-rabbitmq.js';
import { startServiceRelay } from '../relay-process.js';
import { repeat } from './repeat.js';
import { asTransport, type Way } from './way.js';

const QUEUE = 'told';
const UNACKNOWLEDGED = 200;
const CONNECT_LIMIT_MS = 5_000;

export const rabbitmq: Way = {
  ...asTransport('rabbitmq'),
  title: 'RabbitMQ',
  program: 'rabbitmq-server',
  restarts: 'RabbitMQ was killed and started again',
  async open({ db, arrivals }) {
    const broker = await startPrivateRabbitmq();
    const consumer = await consumeRabbitmq(broker.url, [DEFAULT_EXCHANGE], (event) => {
      arrivals.add(event);
    });
    return {
      startRelay: () =>
        startServiceRelay(db, { EVENT_TRANSPORTS: 'rabbitmq', RABBITMQ_URL: broker.url }),
      restart: async (untilNoticed) => {
        await broker.kill();
        await untilNoticed();
        await broker.start();
      },
      checkEmpty: () => consumer.checkEmpty(),
      close: async () => {
        await consumer.close();
        await broker.stop();
      },
    };
  },
};

export interface RabbitmqConsumer {
  /** Throws while something lies in the queue. */
  checkEmpty(): Promise<void>;
  close(): Promise<void>;
}

/** Consumes all that comes to these exchanges from one durable queue, and comes back whenever the broker does. */
export async function consumeRabbitmq(
  url: string,
  exchanges: readonly string[],
  onEvent: (event: ShareEvent, exchange: string) => void,
): Promise<RabbitmqConsumer> {
  let model: ChannelModel | undefined;
  const attach = async (): Promise<void> => {
    const opened = await connect(url, { timeout: CONNECT_LIMIT_MS });
    opened.on('error', () => undefined);
    opened.on('close', () => {
      model = undefined;
    });
    model = opened;
    try {
      await consume(opened, exchanges, onEvent);
    } catch (error) {
      await opened.close();
      throw error;
    }
  };
  // Bound before anything is published: what no queue is bound for is gone.
  await attach();
  const stop = repeat(async () => {
    if (model === undefined) await attach();
  });
  return {
    checkEmpty: async () => {
      const opened = await connect(url);
      try {
        const { messageCount } = await (await opened.createChannel()).checkQueue(QUEUE);
        if (messageCount > 0) throw new Error(`${messageCount} messages are in the queue`);
      } finally {
        await opened.close();
      }
    },
    close: async () => {
      await stop();
      await model?.close();
    },
  };
}

async function consume(
  model: ChannelModel,
  exchanges: readonly string[],
  onEvent: (event: ShareEvent, exchange: string) => void,
): Promise<void> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  await channel.assertQueue(QUEUE, { durable: true });
  for (const exchange of exchanges) {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.bindQueue(QUEUE, exchange, '#');
  }
  await channel.prefetch(UNACKNOWLEDGED);
  await channel.consume(QUEUE, (message) => {
    if (message === null) return;
    onEvent(JSON.parse(message.content.toString()) as ShareEvent, message.fields.exchange);
    channel.ack(message);
  });
}
