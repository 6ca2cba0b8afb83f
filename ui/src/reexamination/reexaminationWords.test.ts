import { describe, expect, it } from 'vitest';
import type { Changes } from '../api/types';
import { changesText, isUnderWay, percent, sumsText } from './reexaminationWords';

const none: Changes = {
  indicators_found: 0,
  indicators_gone: 0,
  parts_found: 0,
  parts_gone: 0,
  defects_found: 0,
  defects_gone: 0,
  reads_differently: false,
  judged_differently: false,
  opened: 0,
};

describe('re-examinations in words', () => {
  it.each([
    [none, []],
    [{ ...none, parts_found: 1 }, ['1 part found']],
    [{ ...none, parts_found: 3, parts_gone: 1 }, ['3 parts found, 1 no longer there']],
    [
      { ...none, indicators_gone: 2, defects_gone: 1 },
      ['2 indicators no longer there', '1 defect no longer there'],
    ],
  ])('sums up %#', (sums, text) => expect(sumsText(sums)).toEqual(text));

  it('tells what changed in one message, what was opened first', () => {
    expect(changesText({ ...none, opened: 1, reads_differently: true, parts_found: 2 })).toBe(
      '1 thing opened that could not be read; subject, people, date or text read differently; 2 parts found',
    );
  });

  it('knows how far it has come', () => {
    expect(percent({ examined: 3, total: 12 })).toBe(25);
    expect(percent({ examined: 0, total: 0 })).toBe(100);
    expect(percent({ examined: 13, total: 12 })).toBe(100);
    expect([isUnderWay({ state: 'waiting' }), isUnderWay({ state: 'cancelled' })]).toEqual([true, false]);
  });
});
