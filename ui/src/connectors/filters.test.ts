import { describe, expect, it } from 'vitest';
import { EMPTY_FILTER, filterLines, isEmptyFilter, unmetText } from './filters';

describe('pre-filters in words', () => {
  it('say each condition in a line', () => {
    const headers = [
      { field: 'X-Flag', value: 'yes', not: false },
      { field: 'X-Loop', not: true },
      { field: 'X-Seen', value: '' },
    ];
    expect(filterLines({ from: 'a.example', not_body: 'lunch', headers })).toEqual([
      'From a.example',
      'Text or attachment name does not contain lunch',
      'X-Flag contains yes',
      'No X-Loop',
      'Any X-Seen',
    ]);
    expect(filterLines(undefined)).toEqual([]);
  });

  it('are empty when nothing is asked', () => {
    expect(isEmptyFilter(undefined)).toBe(true);
    expect(isEmptyFilter(EMPTY_FILTER)).toBe(true);
    expect(isEmptyFilter({ ...EMPTY_FILTER, headers: [{ field: 'X' }] })).toBe(false);
  });

  it('say why a message is left out, also for a condition of a newer server', () => {
    expect(unmetText('not_from')).toBe('unwanted sender');
    expect(unmetText('header x-flag')).toBe('no such x-flag');
    expect(unmetText('not header x-flag')).toBe('unwanted x-flag');
    expect(unmetText('moon')).toBe('moon');
  });
});
