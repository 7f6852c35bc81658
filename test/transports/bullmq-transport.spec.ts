import { Logger } from '@nestjs/common';
import { QueueStore } from '../../src/queue/queue-store.js';
import { DestinationUnavailableError } from '../../src/relay/event-transport.js';
import { BullmqTransport } from '../../src/transports/bullmq-transport.js';
import { freePort } from '../support/free-port.js';
import { givenEvents, NOT_ABORTED } from './given-events.js';

test('a queue store that cannot be reached is told with the remedy, and held against no event', async () => {
  Logger.overrideLogger(false);
  const url = `redis://127.0.0.1:${await freePort()}`;
  const transport = new BullmqTransport(new QueueStore({ redis: { url } }));
  await expect(transport.connect()).rejects.toThrow(/REDIS_URL/);
  await expect(transport.publish(givenEvents(1), NOT_ABORTED)).rejects.toBeInstanceOf(
    DestinationUnavailableError,
  );
  await transport.close();
});
