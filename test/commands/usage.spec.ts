import { spawnSync } from 'node:child_process';
import { COMMANDS } from '../../src/commands.js';

/** A process starts in a second, on a busy machine in many. */
const LIMIT_MS = 180_000;

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['dist/cli.js', ...words], {
    encoding: 'utf8',
    timeout: 120_000,
  });
}

test.each([[[]], [['--help']]])(
  'the usage text lists every command, asked by: %j',
  (words) => {
    const { status, stdout, stderr } = run(...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of Object.keys(COMMANDS))
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
  },
  LIMIT_MS,
);

test.each(['toString'])(
  'what is no command is answered with the usage text and exit code 2: %s',
  (word) => {
    const { status, stdout, stderr } = run(word);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: nestjs-kakao-share <command>');
  },
  LIMIT_MS,
);
