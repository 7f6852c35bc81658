import type { StoredCorrection } from '../deliveries/correction.js';

/** How a person said that a delivery is to be read. */
export interface CorrectionView {
  readonly number: number;
  /** Null: as received; likewise the resource id. */
  readonly app: string | null;
  readonly resourceId: string | null;
  /** Parameter name to text, or to null where it was taken away; null in all once the person was erased. */
  readonly fields: Readonly<Record<string, string | null>> | null;
  readonly note: string;
  readonly actor: string;
  readonly at: string;
}

export function showCorrection({ at, ...correction }: StoredCorrection): CorrectionView {
  return { ...correction, at: at.toISOString() };
}
