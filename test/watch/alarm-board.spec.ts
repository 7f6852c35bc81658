import { finding } from '../../src/watch/alarm.js';
import { AlarmBoard } from '../../src/watch/alarm-board.js';

const NOW = new Date('2026-03-04T05:06:07.000Z');
const FULL = finding('spool-full', 'the spool takes nothing');

function reportsOf({ reports }: AlarmBoard): string[] {
  return reports.map(({ alarm }) => alarm);
}

test('an alarm that is over before the cluster heard of it is reported until the cluster has', () => {
  const board = new AlarmBoard();
  board.see('door', [FULL], NOW);
  board.see('door', [], NOW);
  expect(board.current).toEqual([]);
  expect(board.reports).toEqual([{ ...FULL, since: NOW }]);
  board.hear([]);
  expect(reportsOf(board)).toEqual(['spool-full']);
  board.hear([{ ...FULL, since: NOW }]);
  expect(reportsOf(board)).toEqual([]);
});

test('an alarm that the cluster has heard of is reported as long as it lasts, and no longer', () => {
  const board = new AlarmBoard();
  board.see('door', [FULL], NOW);
  board.hear([{ ...FULL, since: NOW }]);
  expect(reportsOf(board)).toEqual(['spool-full']);
  board.see('door', [], NOW);
  expect(reportsOf(board)).toEqual([]);
});

test('an alarm that comes and goes unheard is reported once, as it is now', () => {
  const board = new AlarmBoard();
  board.see('door', [FULL], NOW);
  board.see('door', [], NOW);
  const again = new Date(NOW.getTime() + 1_000);
  board.see('door', [FULL], again);
  expect(board.reports).toEqual([{ ...FULL, since: again }]);
});
