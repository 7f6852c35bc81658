import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Stands between a client and its server, and can be a bad network. */
export interface TcpProxy {
  readonly port: number;
  /** Resets every connection there is; new ones are let through. @returns how many there were */
  cut(): number;
  /** Hands nothing on in either direction, and takes connections all the same, until `release`. */
  hold(): void;
  release(): void;
  /** Lets a request through and swallows what the server says from then on, until `cut` or `release`. */
  holdAnswers(): void;
  /** What the server says arrives so much later from now on; 0 as soon as it can. */
  delayAnswers(ms: number): void;
  close(): Promise<void>;
}

/** @param target where the server listens; asked at each connection, for a server that moves */
export async function startTcpProxy(target: number | (() => number)): Promise<TcpProxy> {
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  let holdsRequests = false;
  let holdsAnswers = false;
  let delayMs = 0;
  const apply = ([client, server]: readonly [Socket, Socket]): void => {
    if (holdsRequests) client.pause();
    else client.resume();
    if (holdsAnswers) server.pause();
    else server.resume();
  };
  const hold = (requests: boolean, answers: boolean): void => {
    [holdsRequests, holdsAnswers] = [requests, answers];
    pairs.forEach(apply);
  };
  const listener = createServer((client) => {
    const server = connect(typeof target === 'number' ? target : target(), '127.0.0.1');
    const pair = [client, server] as const;
    pairs.add(pair);
    const end = (): void => {
      // One that is being reset ends by itself: destroyed before that, Node would wait for it for ever at its own end.
      if (!pairs.delete(pair)) return;
      client.destroy();
      server.destroy();
    };
    for (const socket of pair) socket.setNoDelay().on('error', end).on('close', end);
    client.on('data', (chunk) => server.write(chunk));
    handOnLate(server, client, () => delayMs);
    apply(pair);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = (): number => {
    const all = [...pairs];
    for (const pair of all) {
      pairs.delete(pair);
      for (const socket of pair) socket.resetAndDestroy();
    }
    return all.length;
  };
  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    hold: () => {
      hold(true, true);
    },
    holdAnswers: () => {
      hold(false, true);
    },
    release: () => {
      hold(false, false);
    },
    delayAnswers: (ms) => {
      delayMs = ms;
    },
    close: async () => {
      // Not reset: where the other end goes at the same moment, Node waits for the reset for ever at its own end.
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** In the order in which it was said, also when the delay changes meanwhile. */
function handOnLate(from: Socket, to: Socket, delayMs: () => number): void {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  from.on('data', (chunk) => {
    if (delayMs() === 0 && waiting === 0) {
      to.write(chunk);
      return;
    }
    waiting++;
    const dueAtMs = Date.now() + delayMs();
    last = last
      .then(() => pause(dueAtMs - Date.now(), undefined, { ref: false }))
      .then(() => {
        waiting--;
        to.write(chunk);
      });
  });
}
