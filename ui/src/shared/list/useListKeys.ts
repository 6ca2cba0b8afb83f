// j and k walk through the rows of the list on the page, and the arrows once a row has the focus; Enter opens, as on
// every link.
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

/** Elsewhere the arrows scroll the page, as everybody expects. */
function stepFromRow(by: 1 | -1, event: KeyboardEvent): void {
  if (!(document.activeElement as HTMLElement | null)?.matches('[data-row-link]')) return;
  event.preventDefault();
  step(by);
}

export function useListKeys(): void {
  useHotkeys([
    ['j', () => step(1)],
    ['k', () => step(-1)],
    ['ArrowDown', (event) => stepFromRow(1, event), { preventDefault: false }],
    ['ArrowUp', (event) => stepFromRow(-1, event), { preventDefault: false }],
  ]);
}
