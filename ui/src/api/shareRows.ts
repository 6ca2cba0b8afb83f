// Keeps the objects of rows in which nothing changed, wherever in the list they went. Pure.
import { type InfiniteData, replaceEqualDeep } from '@tanstack/react-query';

type Pages = InfiniteData<{ items: unknown[] }>;

/**
 * `next` with the rows of `previous` that are still true. The library's own sharing goes by position: one new row above
 * all others would make every row new, and every row would be drawn again.
 */
export function shareRows<T extends Pages>(previous: T | undefined, next: T): T {
  if (!previous) return next;
  const known = new Map<unknown, unknown>();
  for (const row of previous.pages.flatMap((page) => page.items)) known.set(idOf(row), row);
  const pages = next.pages.map((page, at) => {
    const items = page.items.map((row) => replaceEqualDeep(known.get(idOf(row)), row));
    const before = previous.pages[at];
    const shared = { ...page, items: before && sameRows(before.items, items) ? before.items : items };
    return before && sameFields(before, shared) ? before : shared;
  });
  return sameRows(previous.pages, pages) ? previous : { ...next, pages };
}

function sameRows(some: unknown[], others: unknown[]): boolean {
  return some.length === others.length && some.every((row, at) => row === others[at]);
}

function sameFields(some: object, others: object): boolean {
  const [names, otherNames] = [Object.keys(some), Object.keys(others)];
  const value = (of: object, name: string) => (of as Record<string, unknown>)[name];
  return (
    names.length === otherNames.length && names.every((name) => value(some, name) === value(others, name))
  );
}

/** Rows without an id are shared with nothing. */
function idOf(row: unknown): unknown {
  return typeof row === 'object' && row !== null && 'id' in row ? row.id : row;
}
