import { describe, expect, it } from 'vitest';
import { byteSize, count, counted, duration, exactUtc, initials, relativeTime, slug, title } from './format';

const now = Date.parse('2026-06-15T12:00:00Z');

describe('format', () => {
  it.each([
    ['2026-06-15T11:59:58Z', 'just now'],
    ['2026-06-15T11:55:00Z', '5 min. ago'],
    ['2026-06-15T09:00:00Z', '3 hr. ago'],
    ['2026-06-14T12:00:00Z', 'yesterday'],
    ['2026-06-15T12:00:20Z', 'in a moment'],
    ['2026-06-15T12:10:00Z', 'in 10 min.'],
    ['2026-01-02T12:00:00Z', '2 Jan'],
    ['2024-01-02T12:00:00Z', '2 Jan 2024'],
    ['nonsense', 'nonsense'],
  ])('writes %s as %s', (at, text) => expect(relativeTime(at, now)).toBe(text));

  it.each([
    ['Ada Marsh', 'AM'],
    [' émile  de la Tour ', 'ÉT'],
    ['Ada', 'A'],
    ['', ''],
  ])('shortens %j to %j', (name, letters) => expect(initials(name)).toBe(letters));

  it('writes the exact time in UTC', () => {
    expect(exactUtc('2026-06-15T14:00:05.123+02:00')).toBe('2026-06-15 12:00:05 UTC');
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_999, '1.0 MB'],
    [48_213, '48.2 kB'],
    [150_000_000, '150 MB'],
  ])('writes %i bytes as %s', (bytes, text) => expect(byteSize(bytes)).toBe(text));

  it('writes numbers, durations and words', () => {
    expect(count(4812)).toBe('4,812');
    expect([counted(1, 'message'), counted(2, 'message'), counted(2, 'is', 'are')]).toEqual([
      '1 message',
      '2 messages',
      '2 are',
    ]);
    expect([duration(45), duration(4100), duration(90_000)]).toEqual(['45 s', '68 min', '25 h']);
    expect(title('needs_attention')).toBe('Needs attention');
  });

  it.each([
    ['Phishing reports', 'phishing-reports'],
    ['  Überprüfung & Co. ', 'uberprufung-co'],
    ['!!!', ''],
    ['a'.repeat(80), 'a'.repeat(64)],
  ])('makes a name for scripts of %s', (name, text) => expect(slug(name)).toBe(text));
});
