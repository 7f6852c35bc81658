import { isUUID } from 'class-validator';
import { listCorrections } from '../deliveries/correction.js';
import { mendDelivery } from '../settlement/mend-delivery.js';
import { replayDelivery } from '../settlement/replay-delivery.js';
import { CorrectionRefusedError } from '../settlement/replay-errors.js';
import {
  withDatabase,
  type CommandDatabase,
  type OpenCommandDatabase,
} from './command-database.js';
import {
  checkRequest,
  commandActor,
  CommandUsageError,
  parseWords,
  runChecked,
  say,
} from './command-words.js';
import { showCorrection } from './correction-view.js';
import { listDecisions } from './decision-view.js';
import { CorrectionRequest, DeliveriesQuery } from './delivery-requests.dto.js';
import { showDelivery, type DeliveryRow } from './delivery-view.js';
import { findDeliveries, findDelivery } from './find-deliveries.js';
import { ReasonedRequest } from './reasoned-request.js';
import { readReceivedView } from './received-view.js';

const HELP = `What was taken in, and putting it right. Works on DATABASE_URL, as the service does.

  deliveries list [--verdict V] [--user ID] [--resource-id ID] [--app NAME] [--campaign ID]
                  [--from TIME] [--to TIME] [--limit N] [--cursor ID] [--json]
  deliveries show ID                     with its decisions, its corrections and what was received
  deliveries mend ID --note TEXT [--field NAME=TEXT]... [--remove NAME]... [--app NAME] [--resource-id ID]
                                         says how it is to be read; all that differs from what was received
  deliveries replay ID --reason TEXT     decides it once more; what has paid never is

Times are RFC 3339. Exit code: 0 done, 1 refused or failed, 2 bad usage. See also: replay --help.
`;

type Part = (args: readonly string[], open: OpenCommandDatabase) => Promise<number>;

const PARTS: Readonly<Record<string, Part>> = { list, show, mend, replay };

/** `deliveries`: looks at deliveries, mends them and decides them again. */
export function deliveriesCommand(
  args: readonly string[],
  open: OpenCommandDatabase,
): Promise<number> {
  return runChecked(HELP, args, () => {
    const [name = '', ...rest] = args;
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (part === undefined) throw new CommandUsageError('list, show, mend or replay is needed');
    return part(rest, open);
  });
}

async function list(args: readonly string[], open: OpenCommandDatabase): Promise<number> {
  const { values } = parseWords(args, {
    ...{ verdict: { type: 'string' }, user: { type: 'string' }, 'resource-id': { type: 'string' } },
    ...{ app: { type: 'string' }, campaign: { type: 'string' }, from: { type: 'string' } },
    ...{ to: { type: 'string' }, limit: { type: 'string' }, cursor: { type: 'string' } },
    json: { type: 'boolean', default: false },
  } as const);
  const { json, ...asked } = values;
  const query = checkRequest(DeliveriesQuery, {
    ...{ verdict: asked.verdict, app: asked.app, limit: asked.limit, cursor: asked.cursor },
    ...{ userId: asked.user, resourceId: asked['resource-id'], campaignId: asked.campaign },
    ...{ receivedFrom: asked.from, receivedTo: asked.to },
  });
  const { app, receivedFrom, receivedTo, limit, ...filter } = query;
  return withDatabase(open, async ({ database }) => {
    const rows = await findDeliveries(
      database,
      {
        ...filter,
        apps: app === undefined ? undefined : [app],
        from: receivedFrom === undefined ? undefined : new Date(receivedFrom),
        to: receivedTo === undefined ? undefined : new Date(receivedTo),
      },
      limit,
    );
    const shown = rows.map(showDelivery);
    if (json) say(shown);
    else
      for (const { id, receivedAt, app: of, verdict, userId, reasons } of shown)
        say([id, receivedAt, of, verdict, userId ?? '-', reasons.join('; ')].join('  '));
  });
}

async function show(args: readonly string[], open: OpenCommandDatabase): Promise<number> {
  const { positionals } = parseWords(args, {});
  const id = idIn(positionals);
  return withDatabase(open, async ({ database }) => {
    say({
      ...showDelivery(await known(database, id)),
      decisions: await listDecisions(database, id),
      corrected: (await listCorrections(database, id)).map(showCorrection),
      received: await readReceivedView(database, id),
    });
  });
}

async function mend(args: readonly string[], open: OpenCommandDatabase): Promise<number> {
  const { values, positionals } = parseWords(args, {
    ...{ note: { type: 'string' }, app: { type: 'string' }, 'resource-id': { type: 'string' } },
    field: { type: 'string', multiple: true, default: [] },
    remove: { type: 'string', multiple: true, default: [] },
  } as const);
  const deliveryId = idIn(positionals);
  const { note, app, resourceId, fields } = checkRequest(CorrectionRequest, {
    ...{ note: values.note, app: values.app, resourceId: values['resource-id'] },
    fields: Object.fromEntries([
      ...values.field.map(toField),
      ...values.remove.map((name) => [name, null] as const),
    ]),
  });
  return withDatabase(open, async ({ database, apps }) => {
    await known(database, deliveryId);
    if (app !== undefined && !apps.includes(app))
      throw new Error('The app is not configured here: set KAKAO_APPS as the service has it.');
    const correction = { deliveryId, app, resourceId, fields: fields ?? {} };
    await mendDelivery(database, { ...correction, note, actor: commandActor() }).catch(
      (error: unknown) => {
        if (!(error instanceof CorrectionRefusedError)) throw error;
        throw new Error(`${error.message}\n${error.faults.join('\n')}`);
      },
    );
    say(showDelivery(await known(database, deliveryId)));
  });
}

async function replay(args: readonly string[], open: OpenCommandDatabase): Promise<number> {
  const { values, positionals } = parseWords(args, { reason: { type: 'string' } } as const);
  const deliveryId = idIn(positionals);
  const { reason } = checkRequest(ReasonedRequest, values);
  return withDatabase(open, async ({ database }) => {
    await known(database, deliveryId);
    await replayDelivery(database, undefined, { deliveryId, reason, actor: commandActor() });
    say(`${deliveryId} is open again; a worker settles it within seconds.`);
  });
}

function idIn(positionals: readonly string[]): string {
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0 || !isUUID(id))
    throw new CommandUsageError('the id of one delivery is needed');
  return id;
}

async function known(database: CommandDatabase['database'], id: string): Promise<DeliveryRow> {
  const row = await findDelivery(database, id);
  if (row === undefined) throw new Error('There is no such delivery.');
  return row;
}

function toField(pair: string): readonly [string, string] {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || text === undefined)
    throw new CommandUsageError('--field is not NAME=TEXT');
  return [name, text];
}
