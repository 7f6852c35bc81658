import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../support/eventually.js';
import { readRedis } from '../../support/read-redis.js';
import { findInDatabase, findInTexts, type Secrets } from '../../support/secret-search.js';
import type { Cluster } from './cluster.js';

/** Settings that nobody may write down. */
const SECRET_SETTINGS = [
  ...['KAKAO_ADMIN_KEYS', 'ADMIN_TOKEN', 'INTENT_SIGNING_KEYS', 'EVENT_ENDPOINT_KEYS'],
];
/** Who writes down one token writes down all. */
const TOKENS_SOUGHT = 3;
/** What each process says of itself. */
const OWN_ROUTES = ['/metrics', '/health/live', '/health/ready'];
/** What people and machines ask when something was wrong. */
const ROUTES = [
  ...['/v1/keys', '/v1/unknown-keys', '/v1/destinations', '/v1/deliveries?limit=100'],
  ...['/v1/events?limit=100', '/v1/campaigns', '/v1/ledger/verification'],
  ...['/v1/users/user-1', '/v1/users/user-1/balances', '/v1/users/promised-0'],
];
/**
 * Where a webhook stands as it was received, byte for byte or its parameters one by one, and so the token that a user's browser has put
 * into it: to keep that is the promise. The frames of the spool are the same bytes.
 */
const RECEIVED = new Set([
  ...['kakao_share.deliveries.query', 'kakao_share.deliveries.body', 'kakao_share.shares.custom'],
]);

type Texts = Record<string, string>;

/**
 * Where a secret of the cluster stands: in a log of any process that there was or of its Postgres, in a metric or an answer, in a spool,
 * in a table, in Redis. Tokens of intents are looked for everywhere but in what was received.
 */
export async function findSecrets(cluster: Cluster): Promise<string[]> {
  const { db, redis, spoolFolder } = cluster;
  const [secrets, tokens] = [secretsOf(cluster), tokensOf(cluster)];
  const texts = {
    ...Object.fromEntries(cluster.logs().map((log, index) => [`log ${index}`, log])),
    ...{ 'the log of Postgres': await cluster.postgres.readLog() },
    ...(await readAnswers(cluster)),
    ...(redis && (await readRedis(redis.client))),
  };
  const found = [
    ...findInTexts({ ...secrets, ...tokens }, texts),
    ...findInTexts(secrets, await readFolder(spoolFolder)),
    ...(await findInDatabase({ ...secrets, ...tokens }, db)).filter(
      ({ secret, place }) => !(secret in tokens && RECEIVED.has(place)),
    ),
  ];
  return found.map(({ secret, place }) => `${secret} is in ${place}`);
}

function secretsOf({ environment, apiToken, db }: Cluster): Secrets {
  const { password } = new URL(db.url);
  return {
    ...Object.fromEntries(SECRET_SETTINGS.map((name) => [name, environment[name] ?? ''])),
    'an API token': apiToken,
    // Debian's lets everybody on the machine in.
    ...(password === '' ? {} : { "the database's password": password }),
  };
}

function tokensOf({ promises }: Cluster): Secrets {
  const sought = promises.slice(0, TOKENS_SOUGHT);
  return Object.fromEntries(
    sought.map(({ token }, index) => [`the token of intent ${index}`, token]),
  );
}

async function readAnswers(cluster: Cluster): Promise<Texts> {
  const answers: Texts = {};
  for (const { role, process } of cluster.members) {
    for (const route of OWN_ROUTES)
      answers[`${route} of a ${role}, ${process.url}`] = await read(cluster, process.url, route);
  }
  const { url } = cluster.pick('web').process;
  for (const route of [...ROUTES, csvOfToday()]) answers[route] = await read(cluster, url, route);
  return answers;
}

function csvOfToday(): string {
  const [from, to] = [-1, 1].map((days) =>
    new Date(Date.now() + days * 24 * 60 * 60 * 1_000).toISOString(),
  );
  return `/v1/ledger/entries.csv?from=${from ?? ''}&to=${to ?? ''}`;
}

/** With a token of the kind that callers have; asked again where a busy machine had no answer yet. */
function read({ apiToken }: Cluster, url: string, route: string): Promise<string> {
  return eventually(async () => {
    const headers = { Authorization: `Bearer ${apiToken}` };
    const response = await fetch(new URL(route, url), { headers });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${route} is answered ${response.status}: nothing to search.`);
    return text;
  });
}

async function readFolder(folder: string): Promise<Texts> {
  const texts: Texts = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    // A segment that is done with may be tidied away meanwhile.
    texts[entry.name] = await readFile(path.join(entry.parentPath, entry.name), 'latin1').catch(
      () => '',
    );
  }
  return texts;
}
