import { refused, type HostileCase } from '../hostile-case.js';
import type { RawRequest, Sender } from '../raw-request.js';

const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';
const OF_DELIVERY = `/v1/deliveries/${UNKNOWN_ID}`;
const OF_DESTINATION = '/v1/destinations/in-process';
const OF_ENDPOINT = `/v1/event-endpoints/${UNKNOWN_ID}`;
const REASON = '{"reason":"x"}';
const LONG = 'x'.repeat(5_000);

type Way = readonly [method: string, target: string, body?: string];

const asked =
  ([method, target, body]: Way, token: (sender: Sender) => string) =>
  (sender: Sender): RawRequest => ({
    ...{ method, target },
    headers: {
      'X-Kakao-Resource-ID': undefined,
      'Idempotency-Key': 'hostile',
      Authorization: `Bearer ${token(sender)}`,
    },
    ...(body === undefined ? {} : { body }),
  });
const byAdmin = (way: Way) => asked(way, ({ adminToken }) => adminToken);

/** Whoever has a token of the service that may only look. */
const NOT_FOR_READERS: readonly Way[] = [
  ['GET', '/v1/unknown-keys'],
  ['POST', '/v1/unknown-keys/00000000/replay', REASON],
  ['DELETE', '/v1/unknown-keys/00000000', REASON],
  ['POST', '/v1/replays', replay('"dryRun":true')],
  ['GET', `${OF_DELIVERY}/received`],
  ['GET', `${OF_DELIVERY}/corrections`],
  ['POST', `${OF_DELIVERY}/corrections`, '{"note":"x","fields":{"user_id":"x"}}'],
  ['POST', `${OF_DELIVERY}/replay`, REASON],
  ['POST', `${OF_DESTINATION}/pause`, REASON],
  ['POST', `${OF_DESTINATION}/resume`, REASON],
  ['POST', `${OF_DESTINATION}/refused-events/resend`, REASON],
  ['POST', `${OF_DESTINATION}/refused-events/discard`, REASON],
  ['DELETE', OF_DESTINATION, REASON],
  ['POST', `${OF_ENDPOINT}/rotate-secret`, REASON],
  ['POST', `${OF_ENDPOINT}/refused-events/discard`, REASON],
];
const FOR_READERS: readonly Way[] = [
  ['GET', '/v1/keys'],
  ['GET', `${OF_DELIVERY}/decisions`],
  ['GET', `${OF_DESTINATION}/refused-events`],
];

/** Keys, ids and names that nothing can have. */
const ABSURD: readonly [Way, number][] = [
  [['GET', '/v1/keys/%00'], 404],
  [['POST', '/v1/unknown-keys/00000000/replay', REASON], 404],
  [['POST', '/v1/unknown-keys/%00/replay', REASON], 404],
  [['POST', `/v1/unknown-keys/${LONG}/replay`, REASON], 404],
  [['DELETE', '/v1/unknown-keys/0000000G', REASON], 404],
  [['DELETE', "/v1/unknown-keys/';--", REASON], 404],
  [['GET', '/v1/deliveries/x/received'], 400],
  [['GET', `${OF_DELIVERY}/received`], 404],
  [['GET', `${OF_DELIVERY}%00/corrections`], 400],
  [['GET', `${OF_DELIVERY}/decisions`], 404],
  [['GET', `/v1/deliveries/${LONG}/decisions`], 400],
  [['POST', "/v1/deliveries/'/replay", REASON], 400],
  [['POST', `${OF_DELIVERY}/corrections`, '{"note":"x","fields":{"user_id":"x"}}'], 404],
  [['POST', '/v1/destinations/%00/pause', REASON], 404],
  [['POST', `/v1/destinations/${LONG}/resume`, REASON], 404],
  [['GET', '/v1/destinations/nobody/refused-events'], 404],
  [['POST', '/v1/destinations/__proto__/refused-events/resend', REASON], 404],
  [['POST', `${OF_ENDPOINT}/rotate-secret`, REASON], 404],
  [['POST', '/v1/event-endpoints/x/rotate-secret', REASON], 400],
];

/** What none of the routes takes that want to know why. */
const BAD_REASONS: readonly string[] = [
  ...['', '{', '[]', '"x"', 'null', '{}', '{"reason":""}', '{"reason":null}', '{"reason":["x"]}'],
  ...['{"reason":{"toString":"x"}}', '{"reason":"\\u0000"}', '{"reason":"\\ud800"}'],
  ...[`{"reason":"${'x'.repeat(501)}"}`, '{"reason":"x","ids":["1"]}'],
];
const REASONED: readonly Way[] = [
  ['POST', '/v1/unknown-keys/00000000/replay'],
  ['DELETE', '/v1/unknown-keys/00000000'],
  ['POST', `${OF_DELIVERY}/replay`],
  ['POST', `${OF_DESTINATION}/pause`],
  ['POST', `${OF_DESTINATION}/resume`],
  ['POST', `${OF_DESTINATION}/refused-events/resend`],
  ['POST', `${OF_DESTINATION}/refused-events/discard`],
  ['POST', `${OF_ENDPOINT}/refused-events/discard`],
];

const BAD_REPLAYS: readonly string[] = [
  replay('"dryRun":"true"'),
  replay('"dryRun":true,"verdicts":[]'),
  replay('"dryRun":true,"verdicts":["rewarded"]'),
  replay('"dryRun":true,"verdicts":["no-user","no-user"]'),
  replay('"dryRun":true,"verdicts":{"length":1}'),
  replay('"dryRun":true,"campaignId":"x"'),
  replay('"dryRun":true,"cursor":"1\' OR 1=1"'),
  replay('"dryRun":true,"limit":0'),
  replay('"dryRun":true,"limit":1e9'),
  replay('"dryRun":true,"app":["default"]'),
  replay('"dryRun":true,"receivedTo":"2020-01-01T00:00:00Z"'),
  replay('"dryRun":true,"receivedTo":"+275760-09-13T00:00:00Z"'),
  replay('"dryRun":true,"receivedTo":"2026-02-30T00:00:00Z"'),
  '{"dryRun":true,"reason":"x"}',
];
const BAD_CORRECTIONS: readonly string[] = [
  '{}',
  '{"note":"x","fields":[]}',
  '{"note":"x","fields":{"user_id":1}}',
  '{"note":"x","fields":{"":"x"}}',
  '{"note":"x","fields":{"user_id":"\\u0000"}}',
  `{"note":"x","fields":{"user_id":"${'x'.repeat(4_001)}"}}`,
  `{"note":"x","fields":{${Array.from({ length: 21 }, (_, n) => `"f${n}":"x"`).join()}}}`,
  '{"note":"x","resourceId":""}',
  '{"note":"x","resourceId":"\\u0000"}',
  '{"note":"x","app":{}}',
];

function replay(members: string): string {
  return `{"reason":"x","receivedFrom":"2026-01-01T00:00:00Z","receivedTo":"2026-01-02T00:00:00Z",${members}}`;
}

const titleOf = ([method, target]: Way): string => `${method} ${target.slice(0, 90)}`;

/** What decides again, tells of keys, or holds up events, is for few, and takes nothing that is only nearly right. */
export const REPAIRS: readonly HostileCase[] = [
  ...[...NOT_FOR_READERS, ...FOR_READERS].flatMap((way) => [
    refused(
      `a wrong token: ${titleOf(way)}`,
      401,
      asked(way, () => 'x'),
    ),
    refused(
      `Kakao's key: ${titleOf(way)}`,
      401,
      asked(way, ({ adminKey }) => adminKey),
    ),
  ]),
  ...NOT_FOR_READERS.map((way) =>
    refused(
      `a token to look: ${titleOf(way)}`,
      403,
      asked(way, ({ readerToken }) => readerToken),
    ),
  ),
  ...ABSURD.map(([way, status]) => refused(`absurd: ${titleOf(way)}`, status, byAdmin(way))),
  ...REASONED.flatMap(([method, target]) =>
    BAD_REASONS.map((body) =>
      refused(
        `${titleOf([method, target])} because of ${body.slice(0, 30)}`,
        400,
        byAdmin([method, target, body]),
      ),
    ),
  ),
  ...BAD_REPLAYS.map((body) =>
    refused(`a replay of ${body.slice(91)}`, 400, byAdmin(['POST', '/v1/replays', body])),
  ),
  ...BAD_CORRECTIONS.map((body) =>
    refused(
      `a correction by ${body.slice(0, 60)}`,
      400,
      byAdmin(['POST', `${OF_DELIVERY}/corrections`, body]),
    ),
  ),
];
