import { AnswerJudge, MAX_MISMATCH_EXAMPLES } from '../../src/simulator/answer-judge.js';
import type { JudgeOptions } from '../../src/simulator/answer-judge.js';
import type { GivenAnswer } from '../../src/simulator/given-answer.js';
import { simulateShares } from '../../src/simulator/scenario.js';
import type { SimulatedShare } from '../../src/simulator/simulated-share.js';

function share(changes: Partial<SimulatedShare>): SimulatedShare {
  const [one] = simulateShares({
    seed: 's',
    url: 'http://127.0.0.1/',
    adminKey: 'k',
    count: 1,
    mix: { wrongKeys: 0 },
  });
  if (!one) throw new Error('no share');
  return { ...one, ...changes };
}

function mismatchesOf(given: GivenAnswer[], sends = given.length, options?: JudgeOptions): number {
  const judge = new AnswerJudge(options);
  given.forEach((answer, index) => {
    judge.judge(share({ sends, expected: index === 0 ? 'accepted' : 'duplicate' }), answer);
  });
  judge.finish();
  return judge.mismatches;
}

describe('the judge of answers', () => {
  it.each<[GivenAnswer[], number]>([
    [['accepted'], 0],
    [['duplicate'], 1],
    [['quarantined'], 1],
    [['unknown'], 1],
    [['timeout'], 1],
  ])('of a share sent once: %j has %d mismatches', (given, mismatches) => {
    expect(mismatchesOf(given)).toBe(mismatches);
  });

  it.each<[GivenAnswer[], number]>([
    [['accepted', 'duplicate', 'duplicate'], 0],
    [['duplicate', 'accepted'], 0],
    [['accepted', 'accepted', 'accepted'], 2],
    [['duplicate', 'duplicate'], 1],
    [['timeout', 'duplicate'], 1],
    [['failed', 'accepted'], 1],
    [['refused', 'duplicate', 'accepted'], 1],
  ])('of a share sent again: %j has %d mismatches', (given, mismatches) => {
    expect(mismatchesOf(given)).toBe(mismatches);
  });

  it('does not hold a repeat against a run that was stopped before all was sent', () => {
    expect(mismatchesOf(['duplicate'], 2)).toBe(0);
    expect(mismatchesOf(['accepted', 'accepted'], 3)).toBe(1);
  });

  it('can let a repeat be accepted once more', () => {
    expect(mismatchesOf(['accepted', 'accepted'], 2, { mayAcceptRepeats: true })).toBe(0);
    expect(mismatchesOf(['duplicate', 'duplicate'], 2, { mayAcceptRepeats: true })).toBe(1);
  });

  it('counts all mismatches and keeps the first few', () => {
    const judge = new AnswerJudge();
    for (let number = 1; number <= 100; number++) judge.judge(share({ number }), 'refused');

    expect(judge.mismatches).toBe(100);
    expect(judge.examples).toHaveLength(MAX_MISMATCH_EXAMPLES);
    expect(judge.examples[0]).toMatchObject({ number: 1, expected: 'accepted', given: 'refused' });
  });
});
