import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const PRODUCE = 0;
const MESSAGE_TOO_LARGE = 10;

/**
 * Stands before a mock cluster, which takes messages of any size, and is what a broker with a limit is to its clients: answers
 * what is too large with MESSAGE_TOO_LARGE.
 */
export interface RefusingProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** @param maxRequestBytes of a request that produces, beyond which it is refused */
export async function startRefusingProxy(
  targetPort: number,
  maxRequestBytes: number,
): Promise<RefusingProxy> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(targetPort, '127.0.0.1');
    /** Correlation ids of requests that are refused once they are answered. */
    const tooLarge = new Set<number>();
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          server.destroy();
        });
    }
    forFrames(client, (frame) => {
      const isProduce = frame.readInt16BE(4) === PRODUCE;
      if (isProduce && frame.length > maxRequestBytes) tooLarge.add(frame.readInt32BE(8));
      server.write(frame);
    });
    forFrames(server, (frame) => {
      if (tooLarge.delete(frame.readInt32BE(4))) refuse(frame);
      client.write(frame);
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Puts the error into a ProduceResponse: size, correlation id, topics (count, name), partitions (count, index, error, …). */
function refuse(frame: Buffer): void {
  const topicBytes = frame.readInt16BE(12);
  frame.writeInt16BE(MESSAGE_TOO_LARGE, 14 + topicBytes + 4 + 4);
}

/** Kafka's frames begin with their size. */
function forFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const size = 4 + rest.readInt32BE(0);
      take(Buffer.from(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
  });
}
