import { createServer as createTlsServer } from 'node:https';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Resolve } from '../../src/endpoints/bounded-lookups.js';
import { AddressRefusedError } from '../../src/endpoints/endpoint-errors.js';
import { NetworkPolicy } from '../../src/endpoints/network-policy.js';
import { WebhookSender } from '../../src/endpoints/webhook-sender.js';
import { describeWhereInstalled } from '../support/where-installed.js';
import { answerWith, startReceiver, type Receiver } from './receiver.js';

const LOCAL = ['127.0.0.0/8'];

let receiver: Receiver;
let senders: WebhookSender[];

beforeEach(async () => {
  receiver = await startReceiver();
  senders = [];
});
afterEach(async () => {
  for (const sender of senders) sender.close();
  await receiver.close();
});

function openSender(networks: readonly string[], resolve?: Resolve): WebhookSender {
  const sender = new WebhookSender(new NetworkPolicy(networks), resolve);
  senders.push(sender);
  return sender;
}

/** Answers one lookup after the other, and the last answer from then on. */
function resolveInTurn(...answers: readonly (readonly string[])[]): Resolve & { calls: number } {
  const resolve = (): ReturnType<Resolve> => {
    const addresses = answers[Math.min(resolve.calls++, answers.length - 1)] ?? [];
    return Promise.resolve(
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  resolve.calls = 0;
  return resolve;
}

const post = (
  sender: WebhookSender,
  url: string,
  signal = AbortSignal.timeout(30_000),
): Promise<{ statusCode: number }> =>
  sender.post({ url: new URL(url), headers: { 'X-Test': '1' }, body: '{"a":"우리"}' }, signal);

test('the request arrives as it was given, and the answer’s status comes back', async () => {
  receiver.answer = answerWith(503, { 'Retry-After': '7' });
  const answer = await post(openSender(LOCAL), `${receiver.url}?a=1`);
  expect(answer).toEqual({ statusCode: 503, retryAfter: '7' });
  expect(receiver.received).toMatchObject([
    { path: '/hook?a=1', headers: { 'x-test': '1' }, body: '{"a":"우리"}' },
  ]);
});

describe('no call leaves for', () => {
  test('an address that may not be called', async () => {
    await expect(post(openSender([]), receiver.url)).rejects.toThrow(AddressRefusedError);
    expect(receiver.received).toEqual([]);
  });

  test.each([[['127.0.0.1']], [['8.8.8.8', '127.0.0.1']], [['::1']], [['::ffff:127.0.0.1']]])(
    'a name that resolves to %j',
    async (addresses) => {
      const sender = openSender([], resolveInTurn(addresses));
      const url = `https://hooks.example:${receiver.port}/`;
      await expect(post(sender, url)).rejects.toThrow(AddressRefusedError);
      expect(receiver.received).toEqual([]);
    },
  );

  test('a name that resolves to a public address, without TLS', async () => {
    const sender = openSender(LOCAL, resolveInTurn(['8.8.8.8']));
    await expect(post(sender, 'http://hooks.example/')).rejects.toThrow(AddressRefusedError);
  });

  test('where a redirect leads', async () => {
    const inside = await startReceiver('127.0.0.2');
    receiver.answer = answerWith(307, { Location: inside.url });
    const answer = await post(openSender(['127.0.0.1/32']), receiver.url);
    expect(answer.statusCode).toBe(307);
    expect(inside.received).toEqual([]);
    await inside.close();
  });
});

test('a name is looked up once for a connection, which goes to the address that was checked', async () => {
  const resolve = resolveInTurn(['127.0.0.1'], ['10.0.0.1']);
  const sender = openSender(LOCAL, resolve);
  await post(sender, `http://hooks.example:${receiver.port}/`);
  expect(resolve.calls).toBe(1);
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]?.headers.host).toBe(`hooks.example:${receiver.port}`);
});

test('a name that was harmless at first is refused once it leads inside', async () => {
  const resolve = resolveInTurn(['127.0.0.1'], ['10.0.0.1']);
  const sender = openSender(LOCAL, resolve);
  const url = `http://hooks.example:${receiver.port}/`;
  receiver.answer = answerWith(204, { Connection: 'close' });
  await post(sender, url);
  await expect(post(sender, url)).rejects.toThrow(AddressRefusedError);
  expect(receiver.received).toHaveLength(1);
});

describeWhereInstalled('openssl', 'a server with a certificate', () => {
  test('that nobody vouches for is not told anything', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-tls-'));
    const [keyFile, certFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-subj', '/CN=hooks.example', '-days', '1', '-keyout', keyFile, '-out', certFile],
      ],
      { stdio: 'ignore' },
    );
    const server = createTlsServer(
      { key: readFileSync(keyFile), cert: readFileSync(certFile) },
      (_, response) => response.end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const sender = openSender(LOCAL, resolveInTurn(['127.0.0.1']));
    await expect(post(sender, `https://hooks.example:${port}/`)).rejects.toThrow(/self-signed/);
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });
});

describe('an answer’s body', () => {
  test('that does not end is cut off, and the status counts', async () => {
    receiver.answer = (response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (response.write(Buffer.alloc(64 * 1024))) if (response.destroyed) return;
      };
      response.on('drain', pour);
      pour();
    };
    expect((await post(openSender(LOCAL), receiver.url)).statusCode).toBe(200);
  });

  test('that drips is cut off, and the status counts', async () => {
    receiver.answer = (response) => {
      response.writeHead(200);
      response.write('a');
    };
    expect((await post(openSender(LOCAL), receiver.url)).statusCode).toBe(200);
  });
});

test('who does not answer is left when the time is up', async () => {
  receiver.answer = () => undefined;
  await expect(
    post(openSender(LOCAL), receiver.url, AbortSignal.timeout(100)),
  ).rejects.toMatchObject({ name: 'AbortError' });
});

test('a connection that the other side closed while it was idle costs no attempt', async () => {
  // Answers the first request of each connection, and hangs up at the second.
  let answered = 0;
  const server = createServer((socket) => {
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (++requests > 1) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 204 No Content\r\n\r\n', () => answered++);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sender = openSender(LOCAL);
  for (let call = 0; call < 3; call++)
    expect((await post(sender, `http://127.0.0.1:${port}/`)).statusCode).toBe(204);
  expect(answered).toBe(3);
  sender.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('an answer that breaks off', () => {
  /** Answers the first request of a connection with 204, and then with a status and a piece of a body before it hangs up. */
  async function startBreaking(
    goodFirst: number,
  ): Promise<{ url: string; close(): void; requests(): number }> {
    let requests = 0;
    const server = createServer((socket) => {
      let ofConnection = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests++;
        if (++ofConnection <= goodFirst) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
        else
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na', () =>
            setTimeout(() => socket.resetAndDestroy(), 50),
          );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/`,
      close: () => server.close(),
      requests: () => requests,
    };
  }

  test.each([
    ['new', 0],
    ['kept', 1],
  ])('on a %s connection after its status counts, and nothing is sent again', async (_, good) => {
    const breaking = await startBreaking(good);
    const sender = openSender(LOCAL);
    for (let call = 0; call <= good; call++) {
      const { statusCode } = await post(sender, breaking.url);
      expect(statusCode).toBe(call < good ? 204 : 200);
    }
    expect(breaking.requests()).toBe(good + 1);
    breaking.close();
  });

  test('by switching protocols is an answer like others, and the connection is closed', async () => {
    const closed: Promise<unknown>[] = [];
    const server = createServer((socket) => {
      closed.push(once(socket, 'close'));
      socket.on('error', () => undefined);
      socket.on('data', () =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await post(openSender(LOCAL), `http://127.0.0.1:${port}/`);
    expect(answer.statusCode).toBe(101);
    await Promise.all(closed);
    server.close();
  });
});
