import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../support/eventually.js';
import { findInDatabase, findInTexts } from '../../support/secret-search.js';
import type { Cluster } from './cluster.js';

/** Settings that nobody may write down. */
const SECRET_SETTINGS = ['KAKAO_ADMIN_KEYS', 'ADMIN_TOKEN', 'INTENT_SIGNING_KEYS'];

/** What people and machines ask when something was wrong. */
const ROUTES = [
  ...[
    '/metrics',
    '/health/live',
    '/health/ready',
    '/v1/keys',
    '/v1/unknown-keys',
    '/v1/destinations',
  ],
  ...[
    '/v1/deliveries?limit=100',
    '/v1/events?limit=100',
    '/v1/campaigns',
    '/v1/ledger/verification',
  ],
];

/** Where a secret of the cluster stands: in a log of any process that there was, in a metric or an answer, in a spool, in a table. */
export async function findSecrets(cluster: Cluster): Promise<string[]> {
  const { db, environment, spoolFolder } = cluster;
  const secrets = Object.fromEntries(
    SECRET_SETTINGS.map((name) => [name, environment[name] ?? '']),
  );
  const logs = Object.fromEntries(cluster.logs().map((log, index) => [`log ${index}`, log]));
  const found = [
    ...findInTexts(secrets, {
      ...{ ...logs, ...(await readAnswers(cluster)) },
      ...(await readFolder(spoolFolder)),
    }),
    ...(await findInDatabase(secrets, db)),
  ];
  return found.map(({ secret, place }) => `${secret} is in ${place}`);
}

async function readAnswers(cluster: Cluster): Promise<Record<string, string>> {
  const { url } = cluster.pick('web').process;
  const headers = { Authorization: `Bearer ${cluster.environment.ADMIN_TOKEN ?? ''}` };
  const answers: Record<string, string> = {};
  for (const route of ROUTES) {
    // Asked again where a busy machine had no answer yet.
    await eventually(async () => {
      const response = await fetch(new URL(route, url), { headers });
      answers[route] = await response.text();
      if (!response.ok)
        throw new Error(`${route} is answered ${response.status}: nothing to search.`);
    });
  }
  return answers;
}

async function readFolder(folder: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    // A segment that is done with may be tidied away meanwhile.
    texts[entry.name] = await readFile(path.join(entry.parentPath, entry.name), 'latin1').catch(
      () => '',
    );
  }
  return texts;
}
