import type { Queryable, Transaction } from '../database/database.js';
import type { CorrectedFields } from '../kakao/correct-parameters.js';

/**
 * How a person says that a delivery is to be read. The newest correction counts alone, so it says everything that differs from
 * what was received; one that says nothing undoes those before it.
 */
export interface Correction {
  /** The app that the delivery is of; undefined: the one whose key was presented. */
  readonly app: string | undefined;
  /** Undefined: as received. */
  readonly resourceId: string | undefined;
  readonly fields: CorrectedFields;
}

/** A correction as it stands in its table. */
export interface StoredCorrection {
  readonly number: number;
  readonly app: string | null;
  readonly resourceId: string | null;
  /** Null once the person was erased. */
  readonly fields: CorrectedFields | null;
  readonly note: string;
  readonly actor: string;
  readonly at: Date;
}

/** All corrections of a delivery, oldest first: a person makes a handful. */
export async function listCorrections(
  queryable: Queryable,
  deliveryId: string,
): Promise<StoredCorrection[]> {
  return queryable.query<StoredCorrection>(
    `SELECT number, app, resource_id AS "resourceId", fields, note, actor, at
     FROM kakao_share.delivery_corrections WHERE delivery_id = $1 ORDER BY number`,
    [deliveryId],
  );
}

/** A correction to keep, and whom the delivery names once it is read like this. */
export interface NewCorrection extends Correction {
  readonly deliveryId: string;
  readonly number: number;
  readonly userId: string | undefined;
  readonly note: string;
  readonly actor: string;
}

export async function insertCorrection(tx: Transaction, given: NewCorrection): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.delivery_corrections
       (delivery_id, number, app, resource_id, fields, user_id, note, actor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      given.deliveryId,
      given.number,
      given.app ?? null,
      given.resourceId ?? null,
      JSON.stringify(given.fields),
      given.userId ?? null,
      given.note,
      given.actor,
    ],
  );
}
