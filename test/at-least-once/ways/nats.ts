import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { ShareEvent } from '../../../src/events/domain-event.js';
import { startPrivateNats, type PrivateNats } from '../../support/private-nats.js';
import { startServiceRelay } from '../relay-process.js';
import { repeat } from './repeat.js';
import { asTransport, type Way } from './way.js';

/** As the transport adds it. */
const STREAM = 'KAKAO_SHARE_EVENTS';
const MESSAGES_AT_A_TIME = 500;

export const nats: Way = {
  ...asTransport('nats'),
  title: 'NATS JetStream',
  program: 'nats-server',
  restarts: 'NATS was killed and started again',
  async open({ db, arrivals }) {
    const server = await startPrivateNats();
    const reader = await readStream(server, (event) => {
      arrivals.add(event);
    });
    return {
      startRelay: () => startServiceRelay(db, { EVENT_TRANSPORTS: 'nats', NATS_URL: server.url }),
      restart: async (untilNoticed) => {
        await server.kill();
        await untilNoticed();
        await server.start();
      },
      checkEmpty: () => reader.checkEmpty(),
      close: async () => {
        await reader.close();
        await server.stop();
      },
    };
  },
};

interface Reader {
  checkEmpty(): Promise<void>;
  close(): Promise<void>;
}

/** Reads the stream message by message, by its sequence: what one of NATS's consumers does meanwhile is not what is tried. */
async function readStream(
  { port, user, password }: PrivateNats,
  onEvent: (event: ShareEvent) => void,
): Promise<Reader> {
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    ...{ user, pass: password },
    ...{ maxReconnectAttempts: -1, reconnectTimeWait: 50 },
  });
  const manager = await jetstreamManager(connection, { checkAPI: false });
  let read = 0;
  const stop = repeat(async () => {
    const last = Math.min(await lastIn(manager), read + MESSAGES_AT_A_TIME);
    const messages = await Promise.all(
      Array.from({ length: last - read }, (_, index) =>
        manager.streams.getMessage(STREAM, { seq: read + 1 + index }),
      ),
    );
    for (const message of messages) {
      if (message === null) throw new Error('A message that was stored is gone');
      read++;
      onEvent(message.json());
    }
  });
  return {
    checkEmpty: async () => {
      const last = await lastIn(manager);
      if (last > read) throw new Error(`${last - read} messages of the stream are not read`);
    },
    close: async () => {
      await stop();
      await connection.close();
    },
  };
}

async function lastIn(manager: JetStreamManager): Promise<number> {
  return (await manager.streams.info(STREAM)).state.last_seq;
}
