import { connect } from 'node:net';
import type { Answer } from '../../src/simulator/send.js';
import type { PreparedRequest } from '../../src/simulator/share-request.js';
import type { TestDatabase } from '../support/test-database.js';
import type { TestService } from '../support/test-service.js';

/** What the door says to a webhook. */
export interface DoorAnswer {
  readonly status: 'accepted' | 'duplicate' | 'quarantined';
  readonly deliveryId: string;
  readonly problems?: readonly { readonly field: string; readonly problem: string }[];
}

export function read(answer: Answer): DoorAnswer {
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as DoorAnswer;
}

/** A POST of these bytes, with Kakao's headers; a header given as undefined is left out. */
export function post(
  service: TestService,
  resourceId: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): PreparedRequest {
  const all: Readonly<Record<string, string | readonly string[] | undefined>> = {
    Authorization: `KakaoAK ${service.adminKey}`,
    'X-Kakao-Resource-ID': resourceId,
    'User-Agent': 'KakaoOpenAPI/1.0',
    'Content-Type': 'application/json',
    ...headers,
  };
  const given = Object.entries(all).filter(
    (header): header is [string, string | readonly string[]] => header[1] !== undefined,
  );
  return { method: 'POST', url: service.webhookUrl, headers: Object.fromEntries(given), body };
}

/** A GET with this query, exactly as written. */
export function get(service: TestService, resourceId: string, query: string): PreparedRequest {
  const { headers } = post(service, resourceId, '', { 'Content-Type': undefined });
  return { method: 'GET', url: `${service.webhookUrl}?${query}`, headers };
}

/** What is stored of a share, its user by name. */
export interface StoredShare {
  readonly app: string;
  readonly user_id: string | null;
  readonly chat_type: string;
  readonly room_hash: string;
  readonly template_id: string | null;
  readonly single_chatroom: boolean | null;
  readonly member_range: string | null;
  /** As JSON text, exactly as stored. */
  readonly custom: string;
  readonly unknown_values: readonly string[];
}

export async function storedShare(
  db: TestDatabase,
  deliveryId: string,
): Promise<StoredShare | undefined> {
  const [share] = await db.rows<StoredShare>(
    `SELECT s.app, u.user_id, chat_type, room_hash, template_id, single_chatroom, member_range,
            custom::text, unknown_values
     FROM kakao_share.shares s LEFT JOIN kakao_share.users u ON u.id = s.user_ref WHERE s.id = $1`,
    [deliveryId],
  );
  return share;
}

/** How a delivery ended. */
export async function verdictOf(db: TestDatabase, deliveryId: string): Promise<string | undefined> {
  const [decision] = await db.rows<{ verdict: string }>(
    'SELECT verdict FROM kakao_share.decisions WHERE delivery_id = $1 AND superseded_at IS NULL',
    [deliveryId],
  );
  return decision?.verdict;
}

export function countDeliveries(db: TestDatabase): Promise<number> {
  return db.number('SELECT count(*) FROM kakao_share.deliveries');
}

/** Sends bytes as they are and gives what came back by the time the status line was complete. */
export function sendRaw(url: string, text: string, limitMs = 30_000): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let received = '';
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => {
      finish(() => {
        reject(new Error(`No answer in time, only ${JSON.stringify(received)}`));
      });
    }, limitMs);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.includes('\r\n\r\n'))
        finish(() => {
          resolve(received);
        });
    });
    socket.on('error', (error) => {
      finish(() => {
        reject(error);
      });
    });
  });
}
