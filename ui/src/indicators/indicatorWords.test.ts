import { describe, expect, it } from 'vitest';
import type { Mark } from '../api/types';
import {
  arrange,
  defangText,
  filterRows,
  markReach,
  placeWord,
  type Row,
  readPlace,
  rowOfEvidence,
  seenWords,
  wrapperWord,
} from './indicatorWords';

const row = (value: string, more: Partial<Row> = {}): Row => ({
  ...rowOfEvidence(
    {
      kind: 'domain',
      value,
      defanged: value.replaceAll('.', '[.]'),
      places: ['/1 text'],
      sightings: [],
      marks: [],
      detail: null,
      unicode: null,
      wrapped_in: [],
    },
    false,
  ),
  ...more,
});

const mark = (kind: Mark['mark'], scope: Mark['scope'] = 'value'): Mark => ({
  scope,
  kind: 'domain',
  value: 'a.example',
  defanged: 'a[.]example',
  mark: kind,
  source: 'mark',
  note: '',
  by: 'Ada',
  at: '2026-03-01T12:00:00Z',
});

describe('places', () => {
  it.each([
    ['/2/1 text', '/2/1', 'text', 'text of /2/1'],
    ['/3 header:From', '/3', 'From', 'From of /3'],
    ['header:X-Originating-IP', '/', 'X-Originating-IP', 'X-Originating-IP'],
    ['/1 attachment', '/1', 'attachment', 'attachment of /1'],
  ])('reads %s', (text, path, what, words) => {
    expect(readPlace(text)).toEqual({ path, what });
    expect(placeWord(readPlace(text), [])).toBe(words);
  });

  it('says how it was found once', () => {
    expect(placeWord(readPlace('/1 html'), ['link', 'link', 'text', 'resource'])).toBe(
      'html of /1 (link, loaded)',
    );
  });
});

describe('arrange', () => {
  it('folds away what is own, benign or nobody’s, and keeps what is malicious', () => {
    const rows = [
      row('plain.example'),
      row('own.example', { mark: mark('own', 'below') }),
      row('benign.example', { mark: mark('benign') }),
      row('w3.example', { setAside: true }),
      row('bad.example', { mark: mark('malicious'), setAside: true }),
      row('x', { kind: 'url' }),
    ];
    const { groups, folds } = arrange(rows);
    expect(groups.map(({ kind, rows }) => [kind, rows.map(({ value }) => value)])).toEqual([
      ['url', ['x']],
      ['domain', ['bad.example', 'plain.example']],
    ]);
    expect(folds.map(({ fold, rows }) => [fold, rows.map(({ value }) => value)])).toEqual([
      ['own', ['own.example']],
      ['benign', ['benign.example']],
      ['set_aside', ['w3.example']],
    ]);
  });

  it('filters by text, defanged or not, and by kind', () => {
    const rows = [
      row('evil.example'),
      row('xn--e.example', { unicode: 'évil.example' }),
      row('good.example'),
    ];
    const found = (text: string, kind: Row['kind'] | null = null) =>
      filterRows(rows, text, kind).map(({ value }) => value);
    expect(found('EVIL[.]ex')).toEqual(['evil.example']);
    expect(found('évil')).toEqual(['xn--e.example']);
    expect(found('', 'url')).toEqual([]);
    expect(found('')).toHaveLength(3);
  });
});

describe('words', () => {
  it.each([
    [{ messages: 0, cases: 0, more: false, last: null }, true, 'Nowhere else'],
    [{ messages: 0, cases: 0, more: false, last: null }, false, 'Not in any message'],
    [{ messages: 1, cases: 0, more: false, last: null }, true, '1 other message'],
    [{ messages: 12, cases: 1, more: false, last: null }, true, '12 other messages, 1 case'],
    [{ messages: 1000, cases: 31, more: true, last: null }, false, '1,000+ messages, 31 cases'],
  ])('counts %j', (seen, other, words) => expect(seenWords(seen, other)).toBe(words));

  it('names products, reach and values that lead nowhere', () => {
    expect([wrapperWord('safe_links'), wrapperWord('google')]).toEqual(['Safe Links', 'Google']);
    expect(markReach(mark('own', 'below'))).toBe('everything at or below a[.]example');
    const named = { ...mark('own', 'below'), source: 'own_domains' as const };
    expect(markReach(named)).toBe('at or below your own domain a[.]example');
    expect(markReach(mark('own'))).toBeNull();
    expect(defangText('https://a.example/b')).toBe('hxxps[://]a[.]example/b');
  });
});
