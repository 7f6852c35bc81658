import type { GivenAnswer } from './given-answer.js';
import type { ExpectedAnswer, SimulatedShare } from './simulated-share.js';

/** The first few tell what is wrong; a server that gets everything wrong must not fill the memory. */
export const MAX_MISMATCH_EXAMPLES = 10;

export interface Mismatch {
  /** Place in the sequence: `--curl <number>` prints that request. */
  readonly number: number;
  readonly resourceId: string;
  readonly expected: ExpectedAnswer;
  readonly given: GivenAnswer;
}

export interface JudgeOptions {
  /** A service that lives off its spool cannot prove a duplicate and accepts it once more. Default false. */
  readonly mayAcceptRepeats?: boolean;
}

/**
 * Compares answers with expectations. Of a share that is sent several times, any one may come first: its answers are
 * judged together, once all are there. Holds only such unfinished groups, as many as the scenario has repeats waiting.
 */
export class AnswerJudge {
  mismatches = 0;
  readonly examples: Mismatch[] = [];
  readonly #open = new Map<string, [SimulatedShare, GivenAnswer][]>();

  constructor(private readonly options: JudgeOptions = {}) {}

  judge(share: SimulatedShare, given: GivenAnswer): void {
    if (share.sends === 1) {
      this.#compare(share, share.expected, given);
      return;
    }
    const group = this.#open.get(share.resourceId) ?? [];
    group.push([share, given]);
    this.#open.set(share.resourceId, group);
    if (group.length < share.sends) return;
    this.#open.delete(share.resourceId);
    this.#judgeGroup(group);
  }

  /** Judges the groups that an early stop left unfinished, by the answers that there are. */
  finish(): void {
    for (const group of this.#open.values()) this.#judgeGroup(group);
    this.#open.clear();
  }

  #judgeGroup(group: [SimulatedShare, GivenAnswer][]): void {
    const accepted = group.filter(([, given]) => given === 'accepted');
    const others = group.filter(([, given]) => given !== 'accepted' && given !== 'duplicate');
    for (const [share, given] of others) this.#compare(share, share.expected, given);
    if (!this.options.mayAcceptRepeats) {
      for (const [share, given] of accepted.slice(1)) this.#compare(share, 'duplicate', given);
    }
    const [first] = group;
    // One that got another answer, or was never sent, may be the one that was taken.
    const isWhole = first?.[0].sends === group.length && others.length === 0;
    if (isWhole && accepted.length === 0) this.#compare(first[0], 'accepted', 'duplicate');
  }

  #compare(share: SimulatedShare, expected: ExpectedAnswer, given: GivenAnswer): void {
    if (expected === given) return;
    this.mismatches++;
    if (this.examples.length >= MAX_MISMATCH_EXAMPLES) return;
    this.examples.push({ number: share.number, resourceId: share.resourceId, expected, given });
  }
}
