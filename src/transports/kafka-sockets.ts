import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { KafkaSocketFactory } from './kafka-options.js';

const KEEP_ALIVE_MS = 60_000;

/** The client says nothing of a connection that closes while nothing is sent, and cannot hang up on one that is silent. */
export function watched(
  connect: KafkaSocketFactory,
  sockets: Set<Socket>,
  onLost: () => void,
  isClosing: () => boolean,
): KafkaSocketFactory {
  return (args) => {
    let wasConnected = false;
    const onConnect = (): void => {
      wasConnected = true;
      args.onConnect();
    };
    const socket = connect({ ...args, onConnect });
    hangUpOnNonsense(socket);
    sockets.add(socket);
    // The client goes on to the next broker, or the same one again, though it was told to disconnect.
    if (isClosing()) process.nextTick(() => socket.destroy(new Error('closed')));
    return socket.once('close', () => {
      sockets.delete(socket);
      if (wasConnected) onLost();
    });
  };
}

/** What is no answer of Kafka makes the client throw in a listener of the socket's, where nobody but the process would hear of it. */
function hangUpOnNonsense(socket: Socket): void {
  type Listener = (...given: unknown[]) => void;
  const listen = socket.on.bind(socket) as (event: string, listener: Listener) => Socket;
  const listenSafely = (listener: Listener): Socket =>
    listen('data', (...given) => {
      try {
        listener(...given);
      } catch {
        socket.destroy(new Error('the answer is none of Kafka’s'));
      }
    });
  Object.assign(socket, {
    on: (event: string, listener: Listener) =>
      event === 'data' ? listenSafely(listener) : listen(event, listener),
  });
}

/** As the client itself connects, and with keep-alive. */
export const connectSocket: KafkaSocketFactory = ({ host, port, ssl, onConnect }) => {
  const serverName = net.isIP(host) === 0 ? { servername: host } : {};
  // The client's types do not say so, but it is undefined without TLS, and may be `true`.
  const socket = (ssl as tls.ConnectionOptions | undefined)
    ? tls.connect({ host, port, ...serverName, ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
};
