import { describe, expect, it } from 'vitest';
import type { Comparison, FolderComparison, Migration } from '../../api/types';
import { differenceText, verdict, whyNotYet } from './verdict';

const folder: FolderComparison = {
  here: 'Inbox',
  there: 'Inbox',
  both: 1200,
  only_here: 0,
  only_there: 0,
  unnamed: 0,
  differences: [],
  read: 10,
  equal: 4,
};
const compared = (...folders: FolderComparison[]): Comparison => ({
  at: '2026-11-21T20:00:00Z',
  agrees: true,
  trouble: null,
  folders,
});
const trouble = { message: 'the tenant is unknown', hint: null };
const migration = (agreements: number, comparison: Comparison | null) =>
  ({ agreements, comparison }) as Migration;

describe('two sources', () => {
  it('agree, differ, or could not be compared', () => {
    expect(verdict(compared(folder, { ...folder, both: 3 }))).toBe('Both see the same 1,203 messages');
    expect(verdict(compared({ ...folder, both: 0 }))).toBe('Both see no message');
    expect(verdict(compared(folder, { ...folder, only_here: 1, only_there: 1, unnamed: 1 }))).toBe(
      'They differ in 3 messages',
    );
    expect(verdict({ ...compared(), trouble })).toBe('They could not be compared');
  });

  it('change places once a comparison found no difference', () => {
    expect(whyNotYet(migration(1, compared(folder)))).toBeNull();
    expect(whyNotYet(migration(0, null))).toContain('a comparison that finds no difference');
    expect(whyNotYet(migration(0, compared({ ...folder, unnamed: 1 })))).toContain('finds no difference');
    expect(whyNotYet(migration(0, { ...compared(), trouble }))).toContain('can be compared');
  });

  it('are called by their names', () => {
    const titles = { here: 'Exchange', there: 'Graph' };
    expect(differenceText('only_here', titles)).toBe('only in Exchange');
    expect(differenceText('only_there', titles)).toBe('only in Graph');
    expect(differenceText('unnamed', titles)).toBe('in Graph, unknown whether in Exchange');
  });
});
