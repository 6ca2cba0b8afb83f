import { expect, it } from 'vitest';
import { exportUrl, indicatorQuery, messagesWith, readIndicator } from './indicators';

const now = Date.parse('2026-03-10T12:34:56Z');

it('takes from the address what the API knows', () => {
  expect(indicatorQuery({ q: 'evil', kind: 'url', mark: 'own', seen: 'week' }, now)).toEqual({
    q: 'evil',
    kind: ['url'],
    mark: 'own',
    since: '2026-03-03T12:00:00.000Z',
  });
  expect(indicatorQuery({ kind: 'nonsense', mark: 'x', seen: 'y' }, now)).toEqual({
    q: undefined,
    kind: [],
    mark: undefined,
    since: undefined,
  });
});

it('names documents', () => {
  expect(exportUrl({ of: 'message', id: 'm' }, 'csv', false, now)).toBe(
    '/api/v1/messages/m/indicators/export?format=csv&defanged=false',
  );
  expect(exportUrl({ of: 'search', filters: { q: 'a b', kind: 'url' } }, 'stix', true, now)).toBe(
    '/api/v1/indicators/export?format=stix&kind=url&q=a+b',
  );
});

it('names indicators in addresses and reads them again', () => {
  const url = { kind: 'url', value: 'https://evil.example/?a=1&b=2' } as const;
  const address = new URL(messagesWith(url), 'https://here.example');
  expect(readIndicator(address.searchParams.get('indicator') ?? undefined)).toEqual(url);
  expect([readIndicator(undefined), readIndicator('x'), readIndicator('nonsense:x')]).toEqual([
    null,
    null,
    null,
  ]);
});
