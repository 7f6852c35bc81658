import { IsText } from './is-text.js';

/** Whoever changes something by hand says why. */
export class ReasonedRequest {
  /** For the audit, and where points move on the transfer. */
  @IsText(500)
  reason!: string;
}
