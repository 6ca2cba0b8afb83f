// Esc leaves the page, unless it is meant for what lies over the page or for a field.
import { useWindowEvent } from '@mantine/hooks';
import { somethingIsOpen, typing } from './typing';

export function useEscape(leave: () => void): void {
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !typing(event.target) && !somethingIsOpen()) leave();
  };
  // Before anybody else hears the key: what is open closes by it, and would be gone when looked for.
  useWindowEvent('keydown', onKey, { capture: true });
}
