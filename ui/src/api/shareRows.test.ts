import { expect, it } from 'vitest';
import { shareRows } from './shareRows';

const pages = (...items: { id: string; words: string[] }[]) => ({
  pages: [{ items, next: null }],
  pageParams: [undefined],
});
const a = { id: 'a', words: ['x'] };
const b = { id: 'b', words: ['y'] };

it('keeps rows that moved and makes new what changed', () => {
  const previous = pages(a, b);
  const next = shareRows(
    previous,
    pages({ id: 'c', words: [] }, structuredClone(a), { id: 'b', words: ['z'] }),
  );
  const [first, second, third] = next.pages[0]?.items ?? [];
  expect(first).toEqual({ id: 'c', words: [] });
  expect(second).toBe(a);
  expect(third).toEqual({ id: 'b', words: ['z'] });
  expect(third).not.toBe(b);
});

it('keeps the whole when nothing changed', () => {
  const previous = pages(a, b);
  expect(shareRows(previous, structuredClone(previous))).toBe(previous);
});

it('takes the first answer as it is', () => {
  const first = pages(a);
  expect(shareRows(undefined, first)).toBe(first);
});
