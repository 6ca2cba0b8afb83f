import { expect, it } from 'vitest';
import type { Header } from '../api/types';
import { headersAsFound, headersWith } from './headerText';

const headers: Header[] = [
  { name: 'Received', raw: 'from a\r\n\tby b', value: 'from a by b' },
  { name: 'Subject', raw: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', value: 'Grüße' },
  { name: 'Received', raw: 'from c', value: 'from c' },
];

it('writes headers as they stand in the message', () => {
  expect(headersAsFound(headers)).toBe(
    'Received: from a\r\n\tby b\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nReceived: from c',
  );
});

it.each([
  ['', [0, 1, 2]],
  ['  ', [0, 1, 2]],
  ['RECEIVED', [0, 2]],
  ['grüß', [1]],
  ['utf-8', [1]],
  ['by b', [0]],
  ['nothing', []],
])('finds %j in names and in both forms of values', (sought, positions) =>
  expect(headersWith(headers, sought).map(({ position }) => position)).toEqual(positions),
);
