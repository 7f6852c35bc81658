import type { Stage } from '../stage.js';

/** Parts of the runbook: brought about, their commands run as they are written, what they promise checked. */
export interface PlayedSituation {
  /** As the document has them. */
  readonly parts: readonly string[];
  /** Played in every run, not only when the whole runbook is. */
  readonly short?: boolean;
  /** Programs beyond those that every part needs. */
  readonly needs?: readonly string[];
  play(stage: Stage): Promise<void>;
}
