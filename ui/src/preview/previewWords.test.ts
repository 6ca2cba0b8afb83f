import { expect, test } from 'vitest';
import type { HiddenText, Part, PreviewLink } from '../api/types';
import { codesIn, codeWord, firstTab, hidesOnPurpose, isPage, isPicture, removedWords } from './previewWords';

const hidden = (usual: HiddenText['usual']): HiddenText => ({
  reason: 'display_none',
  because: 'display:none',
  text: 'x',
  letters: 1,
  place: '',
  offset: 0,
  times: 1,
  usual,
});
const link = (differs: boolean): PreviewLink => ({
  text: 'x',
  target: 'y',
  opened: null,
  wrapper: null,
  differs,
  seen: true,
});
const part = (path: string, codes: string[], children: Part[] = []) =>
  ({
    path,
    name: null,
    content_type: 'image/png',
    sniffed_type: 'image/png',
    read_as: null,
    facts: [
      ...codes.map((code) => ({ name: code === 'c' ? 'pdf417' : 'qr_code', value: code })),
      { name: 'author', value: 'x' },
    ],
    children,
  }) as unknown as Part;

test('what was taken out is told in one line', () => {
  expect(
    removedWords([
      { kind: 'remote pictures', count: 2, addresses: [] },
      { kind: 'scripts', count: 1, addresses: [] },
    ]),
  ).toBe('remote pictures (2), scripts (1)');
});

test('what deceives is looked at first', () => {
  const none = { links: [], hidden: [], removed: [], codes: [] };
  expect(firstTab(none)).toBeNull();
  expect(firstTab({ ...none, removed: [{ kind: 'scripts', count: 1, addresses: [] }] })).toBe('removed');
  expect(firstTab({ ...none, hidden: [hidden('preheader')] })).toBe('hidden');
  expect(firstTab({ ...none, hidden: [hidden('preheader')], links: [link(false)] })).toBe('links');
  expect(firstTab({ ...none, hidden: [hidden(null)], links: [link(false)] })).toBe('hidden');
  expect(firstTab({ ...none, hidden: [hidden(null)], links: [link(true)] })).toBe('links');
  expect(hidesOnPurpose([hidden('note')])).toBe(false);
});

test('codes are found in every part', () => {
  const root = part('/', [], [part('/1', ['a']), part('/2', [], [part('/2/1', ['b', 'c'])])]);
  const codes = codesIn(root);
  expect(codes.map(({ path, text }) => `${path} ${text}`)).toEqual(['/1 a', '/2/1 b', '/2/1 c']);
  expect([codeWord(codes), codeWord(codes.slice(0, 2))]).toEqual(['code', 'QR code']);
});

test('only what can be shown is shown', () => {
  expect(isPicture(part('/1', []))).toBe(true);
  expect(isPicture({ ...part('/1', []), sniffed_type: 'image/svg+xml' })).toBe(false);
  expect(isPage({ ...part('/1', []), content_type: 'text/html' })).toBe(false);
});
