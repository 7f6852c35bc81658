import type { TestDatabase } from './test-database.js';

/** Where a secret stands that must stand nowhere: its name and the place, never the secret. */
export interface FoundSecret {
  readonly secret: string;
  readonly place: string;
}

/** What to look for, by a name that may be told. */
export type Secrets = Readonly<Record<string, string>>;

/** Shorter ones stand anywhere by chance. */
const MIN_SECRET_CHARS = 12;
const BINARY = new Set(['bytea']);
/** Cannot hold a text of somebody's choosing. */
const HARMLESS =
  /^(bool|int[248]|float[48]|numeric|uuid|timestamptz?|date|interval|oid|inet|tsvector)$/;

interface Column {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

/** The forms in which a secret could be written down: as it is, as hexadecimal, Base64, or escaped for a URL. */
function formsOf(secret: string): string[] {
  if (secret.length < MIN_SECRET_CHARS) throw new Error('A secret is too short to look for.');
  const bytes = Buffer.from(secret);
  return [
    ...new Set([
      ...[secret, encodeURIComponent(secret), bytes.toString('hex')],
      // Base64 of whatever follows the secret ends differently.
      ...[bytes.toString('base64'), bytes.toString('base64url')].map((text) =>
        text.replace(/=*$/, '').slice(0, -1),
      ),
    ]),
  ];
}

/** Looks into texts: logs, metrics, answers, each under the name of its place. */
export function findInTexts(
  secrets: Secrets,
  texts: Readonly<Record<string, string>>,
): FoundSecret[] {
  return Object.entries(secrets).flatMap(([secret, value]) => {
    const forms = formsOf(value);
    return Object.entries(texts).flatMap(([place, text]) =>
      forms.some((form) => text.includes(form)) ? [{ secret, place }] : [],
    );
  });
}

/** Looks into each column of each table of the database, whosever they are, where there could be a text or bytes. */
export async function findInDatabase(secrets: Secrets, db: TestDatabase): Promise<FoundSecret[]> {
  const columns = await db.rows<Column>(
    `SELECT table_schema AS schema, table_name AS table, column_name AS column, udt_name AS type
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found: FoundSecret[] = [];
  for (const column of columns.filter(({ type }) => !HARMLESS.test(type))) {
    const place = `${column.schema}.${column.table}.${column.column}`;
    for (const secret of await heldIn(db, column, secrets)) found.push({ secret, place });
  }
  return found;
}

/** Each value is made a text once, however many forms are looked for: tables can be long. */
async function heldIn(
  db: TestDatabase,
  { schema, table, column, type }: Column,
  secrets: Secrets,
): Promise<string[]> {
  const sought = Object.entries(secrets).flatMap(([secret, value]) =>
    formsOf(value).map((form) => [secret, form] as const),
  );
  const isBinary = BINARY.has(type);
  const rows = await db.rows<{ secret: string }>(
    `SELECT DISTINCT secret
     FROM (SELECT "${column}"${isBinary ? '' : '::text'} AS held FROM "${schema}"."${table}" OFFSET 0) AS value,
       unnest($1::text[], $2::text[]) AS sought (secret, form)
     WHERE position(${isBinary ? `convert_to(form, 'UTF8')` : 'form'} IN held) > 0`,
    [sought.map(([secret]) => secret), sought.map(([, form]) => form)],
  );
  return rows.map(({ secret }) => secret);
}
