// j and k walk through the rows of the list on the page; Enter opens, as on every link.
import { useHotkeys } from '@mantine/hooks';

/** Marks the link of a row that j and k stop at. */
export const ROW_LINK = { 'data-row-link': true } as const;

function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main [data-row-link]')];
  if (links.length === 0) return;
  const current = links.findIndex(
    (link) => link === document.activeElement || link.dataset.current === 'true',
  );
  const next = current < 0 ? 0 : Math.min(Math.max(current + by, 0), links.length - 1);
  const link = links[next];
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
  // Beside an opened row, walking opens the next one.
  if (links[current]?.dataset.current === 'true') link?.click();
}

export function useListKeys(): void {
  useHotkeys([
    ['j', () => step(1)],
    ['k', () => step(-1)],
  ]);
}
