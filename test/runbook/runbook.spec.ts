import { findDebianPostgres } from '../support/debian-postgres.js';
import { findProgram } from '../support/where-installed.js';
import { commandsOf, readSituations, SETUP } from './document.js';
import { SITUATIONS } from './situations/situations.js';
import { Stage } from './stage.js';

const DOCUMENTS = ['docs/runbook.md', 'docs/runbook.ko.md'] as const;
const EVERY_PART_NEEDS = ['bash', 'curl', 'jq', 'psql'];
/** Of one situation on a busy machine. */
const SITUATION_LIMIT_MS = 540_000;
/** The whole of it takes minutes, so `npm test` plays what operators meet first. */
const PLAYS_ALL = process.env.RUNBOOK === 'all';

test('the Korean runbook has the same blocks as the English one, part by part', () => {
  const [english, korean] = DOCUMENTS.map((file) =>
    readSituations(file).map(({ blocks }) => blocks.map(({ language, text }) => [language, text])),
  );
  expect(korean).toEqual(english);
});

test('every part with commands is played, in the order of the document', () => {
  const titles = readSituations(DOCUMENTS[0])
    .filter((situation) => commandsOf(situation).length > 0)
    .map(({ title }) => title);
  expect(titles).toEqual([SETUP, ...SITUATIONS.flatMap(({ parts }) => parts)]);
});

for (const situation of SITUATIONS.filter(({ short }) => PLAYS_ALL || short === true)) {
  const title = situation.parts.join(', ');
  const missing = [...EVERY_PART_NEEDS, ...(situation.needs ?? [])].filter((one) => !has(one));
  if (missing.length > 0)
    process.stderr.write(`[servers] LEFT OUT: runbook, ${title}. Install ${missing.join(', ')}.\n`);
  (missing.length > 0 ? test.skip : test)(
    `${title}: each step does what it says, as it is written`,
    async () => {
      const stage = new Stage();
      try {
        await situation.play(stage);
      } finally {
        await stage.clear();
      }
    },
    SITUATION_LIMIT_MS,
  );
}

function has(program: string): boolean {
  if (program === 'postgresql') return findDebianPostgres() !== undefined;
  return findProgram(program) !== undefined;
}
