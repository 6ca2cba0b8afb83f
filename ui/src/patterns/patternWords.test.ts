import { expect, test } from 'vitest';
import { draftOf, givesWord, NEW_PATTERN, placesWord, valuesOf, whereWord } from './patternWords';

test('a draft comes back from the form as it went in', () => {
  const draft = {
    name: 'Ticket',
    expression: 'INC-(\\d+)',
    ignore_case: false,
    looks_at: ['body' as const],
    gives: { as: 'field' as const, name: 'ticket' },
  };
  expect(draftOf(valuesOf(draft))).toEqual(draft);
  const indicator = { ...draft, gives: { as: 'indicator' as const, kind: 'ipv4' as const } };
  expect(draftOf(valuesOf(indicator, false))).toEqual(indicator);
  expect(valuesOf(indicator, false).active).toBe(false);
});

test('places and results have names', () => {
  expect(placesWord(['attachment_text', 'headers'])).toBe('Headers, Attachment text');
  expect(givesWord({ as: 'field', name: 'ticket' })).toBe('Field: ticket');
  expect(givesWord(draftOf({ ...NEW_PATTERN, as: 'indicator' }).gives)).toBe('Indicator: Domain');
});

test.each([
  ['header:Subject', 'Subject header'],
  ['/3 header:X-Tag', 'X-Tag header of part /3'],
  ['/1 html', 'html of part /1'],
  ['/ text', 'text'],
  ['/2 attachment', 'attachment of part /2'],
])('%s is %s', (place, words) => {
  expect(whereWord(place)).toBe(words);
});
