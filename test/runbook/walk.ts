import { eventually } from '../support/eventually.js';
import { commandsOf, readSituations, SETUP, type Block } from './document.js';
import type { Shell } from './shell.js';

const DOCUMENT = 'docs/runbook.md';

/** Goes through the commands of one situation, in the order in which they are written. */
export class Walk {
  readonly #left: Block[];
  #last: Block | undefined;

  private constructor(
    private readonly shell: Shell,
    situation: readonly Block[],
  ) {
    this.#left = [...situation];
  }

  /** Pastes what every part begins with. */
  static async prepare(shell: Shell): Promise<void> {
    for (const block of commandsIn(SETUP)) await shell.run(block);
  }

  /** Opens the runbook at a situation, in a terminal in which the variables are set as it says. */
  static async begin(title: string, shell: Shell): Promise<Walk> {
    await Walk.prepare(shell);
    return new Walk(shell, commandsIn(title));
  }

  /**
   * Runs the next block.
   * @param holding a part of its text: a test that lost its place in the document says so
   * @param shell another terminal than the usual one, for a step on another machine
   * @returns what it wrote
   */
  async step(holding: string, shell = this.shell): Promise<string> {
    this.#last = this.#left.shift();
    if (this.#last?.text.includes(holding) !== true)
      throw new Error(`The next block has no "${holding}": ${this.#last?.text ?? 'there is none'}`);
    return shell.run(this.#last);
  }

  /** Runs the last block once more. */
  again(): Promise<string> {
    if (this.#last === undefined) throw new Error('There was no block yet.');
    return this.shell.run(this.#last);
  }

  /** Runs the next block, and again as long as it does not say yet what it is to say: as somebody does who looks once more. */
  async look(holding: string, check: (written: string) => void): Promise<void> {
    let written: string | undefined = await this.step(holding);
    await eventually(async () => {
      const latest = written ?? (await this.again());
      written = undefined;
      check(latest);
    });
  }

  /** Every command was run. */
  end(): void {
    expect(this.#left.map(({ text }) => text)).toEqual([]);
  }
}

function commandsIn(title: string): Block[] {
  const situation = readSituations(DOCUMENT).find((one) => one.title === title);
  if (situation === undefined) throw new Error(`${DOCUMENT} has no part "${title}".`);
  return commandsOf(situation);
}
