import { newId } from '../database/new-id.js';
import { signingKeysOf } from '../intents/signing-keys.js';
import { dryRunReplay } from '../settlement/dry-run-replay.js';
import { MAX_REPLAYED, type ReplaySelection } from '../settlement/find-replayable.js';
import { replayDeliveries } from '../settlement/replay-deliveries.js';
import { withDatabase, type OpenCommandDatabase } from './command-database.js';
import {
  checkRequest,
  commandActor,
  CommandUsageError,
  parseWords,
  runChecked,
  say,
} from './command-words.js';
import { ReplayManyRequest } from './delivery-requests.dto.js';

const HELP = `Decides many deliveries once more; what has paid never is. Works on DATABASE_URL, as the service does.

  replay --from TIME --to TIME --reason TEXT [--dry-run] [--verdict V]... [--campaign ID] [--app NAME] [--cursor ID]

  --dry-run   tells what would change and what would be credited, of the oldest ${MAX_REPLAYED}, and changes nothing;
              needs INTENT_SIGNING_KEYS as the service has them
  --cursor    goes on after the nextCursor that was told before

Without --dry-run it goes on, ${MAX_REPLAYED} at a time, until all of them are open again; workers settle them.
Times are RFC 3339, of receipt. Exit code: 0 done, 1 refused or failed, 2 bad usage.
`;

/** `replay`: decides many deliveries once more, or tells what would come of it. */
export function replayCommand(args: readonly string[], open: OpenCommandDatabase): Promise<number> {
  return runChecked(HELP, args, () => {
    const { dryRun, reason, selection } = readWords(args);
    return withDatabase(open, async ({ database, intentSigningKeys }) => {
      if (dryRun) {
        say(await dryRunReplay(database, selection, signingKeysOf(intentSigningKeys)));
        return;
      }
      let after = selection.after;
      do {
        const request = { actor: commandActor(), reason, key: newId() };
        const page = { ...selection, after };
        const run = await replayDeliveries(database, undefined, page, request);
        say(run);
        after = run.nextCursor ?? undefined;
      } while (after !== undefined);
    });
  });
}

function readWords(args: readonly string[]): {
  dryRun: boolean;
  reason: string;
  selection: ReplaySelection;
} {
  const { values, positionals } = parseWords(args, {
    ...{ from: { type: 'string' }, to: { type: 'string' }, reason: { type: 'string' } },
    ...{ campaign: { type: 'string' }, app: { type: 'string' }, cursor: { type: 'string' } },
    verdict: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean', default: false },
  } as const);
  if (positionals.length > 0) throw new CommandUsageError('there is a stray word');
  const asked = checkRequest(ReplayManyRequest, {
    ...{ dryRun: values['dry-run'], reason: values.reason, app: values.app },
    ...{ receivedFrom: values.from, receivedTo: values.to, verdicts: values.verdict },
    ...{ campaignId: values.campaign, cursor: values.cursor },
  });
  const from = new Date(asked.receivedFrom);
  const to = new Date(asked.receivedTo);
  if (from >= to) throw new CommandUsageError('--to must be after --from');
  return {
    dryRun: asked.dryRun,
    reason: asked.reason,
    selection: {
      ...{ from, to, limit: MAX_REPLAYED },
      apps: asked.app == null ? undefined : [asked.app],
      verdicts: asked.verdicts ?? undefined,
      campaignId: asked.campaignId ?? undefined,
      after: asked.cursor ?? undefined,
    },
  };
}
