import { parseArgs } from 'node:util';
import type { Settings } from './config/settings.js';
import type { Database } from './database/database.js';
import { KakaoKeyRing } from './kakao/key-ring.js';
import { forgetUnknownKey } from './keys/forget-unknown-key.js';
import { readKeyUses } from './keys/read-key-uses.js';
import { readUnknownKeys } from './keys/read-unknown-keys.js';
import { openCommandDatabase } from './open-command-database.js';
import { withDatabase } from './operations/command-database.js';
import { commandActor, say } from './operations/command-words.js';
import { replayUnknownKey } from './webhook/replay-unknown-key.js';

const HELP = `Usage: nestjs-kakao-share keys [list]
       nestjs-kakao-share keys unknown
       nestjs-kakao-share keys replay <fingerprint> --reason <text>
       nestjs-kakao-share keys forget <fingerprint> --reason <text>

  list      admin keys by fingerprint: whether in force by the settings of this shell, first and last use
  unknown   keys that no app had when they were presented, and how many requests are kept of each
  replay    take in what came with such a key, once it is in KAKAO_ADMIN_KEYS or KAKAO_APPS
  forget    forget such a key and what came with it
`;

interface Work {
  readonly database: Database;
  readonly ring: KakaoKeyRing | undefined;
  readonly settings: Settings;
  readonly fingerprint: string;
  readonly reason: string;
}

const ACTIONS: Readonly<Record<string, (work: Work) => Promise<string[]>>> = {
  list: listKeys,
  unknown: listUnknown,
  replay,
  forget,
};
const NEEDS_REASON = ['replay', 'forget'];

/** Keys, from the command line: by their fingerprints alone. */
export async function keysCommand(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  const action = given && Object.hasOwn(ACTIONS, given.name) ? ACTIONS[given.name] : undefined;
  if (given === undefined || action === undefined) {
    const isHelp = args.some((word) => ['help', '--help', '-h'].includes(word));
    (isHelp ? process.stdout : process.stderr).write(HELP);
    return isHelp ? 0 : 2;
  }
  return withDatabase(openCommandDatabase, async ({ database, settings }) => {
    const hasKeys = Object.keys(settings.kakaoApps).length > 0;
    const ring = hasKeys ? new KakaoKeyRing(settings.kakaoApps) : undefined;
    const lines = await action({ ...given, database, ring, settings });
    for (const line of lines) say(line);
  });
}

function readArguments(
  args: readonly string[],
): { name: string; fingerprint: string; reason: string } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { reason: { type: 'string' } },
    });
    const [name = 'list', fingerprint = '', ...more] = positionals;
    const { reason = '' } = values;
    const isWhole = NEEDS_REASON.includes(name)
      ? fingerprint !== '' && reason !== ''
      : fingerprint === '';
    return isWhole && more.length === 0 ? { name, fingerprint, reason } : undefined;
  } catch {
    return undefined;
  }
}

async function listKeys({ database, ring }: Work): Promise<string[]> {
  const keys = await readKeyUses(database, ring);
  return keys.map(({ app, fingerprint, inForce, firstUsedAt, lastUsedAt }) =>
    [
      `${fingerprint}  ${app}  ${inForce ? 'in force' : 'gone'}`,
      `first used ${textOf(firstUsedAt)}  last used ${textOf(lastUsedAt)}`,
    ].join('  '),
  );
}

async function listUnknown({ database, ring }: Work): Promise<string[]> {
  const keys = await readUnknownKeys(database, ring);
  return keys.map(({ fingerprint, hits, kept, firstSeenAt, lastSeenAt, replayedAt, app }) =>
    [
      `${fingerprint}  ${hits} hits  ${kept} kept  first ${textOf(firstSeenAt)}  last ${textOf(lastSeenAt)}`,
      `replayed ${textOf(replayedAt)}  ${app === null ? 'no app has it' : `of ${app} by now`}`,
    ].join('  '),
  );
}

async function replay({ database, ring, settings, ...work }: Work): Promise<string[]> {
  // A command adds no jobs: the sweeper asks for what nobody asked for.
  const means = {
    ring: { holderOf: (proof: Buffer) => ring?.holderOf(proof) },
    userParameter: settings.userParameter,
    dispatch: () => undefined,
  };
  const counts = await replayUnknownKey(database, means, { ...work, actor: commandActor() });
  return [
    ...Object.entries(counts).map(([status, count]) => `${count} ${status}`),
    'Workers settle them within a minute or two.',
  ];
}

async function forget({ database, ...work }: Work): Promise<string[]> {
  await forgetUnknownKey(database, { ...work, actor: commandActor() });
  return ['Forgotten.'];
}

function textOf(time: Date | null): string {
  return time?.toISOString() ?? 'never';
}
