import type { Queryable } from './database.js';

/** Inserts any number of rows with one statement, in the given order; none is no statement. */
export async function insertRows<Column extends string>(
  queryable: Queryable,
  table: string,
  /** Column name to Postgres type, e.g. `{ id: 'uuid', amount: 'bigint' }`. */
  columns: Readonly<Record<Column, string>>,
  rows: readonly Readonly<Record<Column, unknown>>[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns) as Column[];
  const arrays = names.map((name, index) => `$${index + 1}::${columns[name]}[]`);
  await queryable.query(
    `INSERT INTO ${table} (${names.join(', ')})
     SELECT ${names.join(', ')} FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS given (${names.join(', ')}, row_order)
     ORDER BY row_order`,
    names.map((name) => rows.map((row) => row[name] ?? null)),
  );
}
