// A table wider than the screen is scrolled by the arrow keys once it has the focus.
import type { TableScrollContainerProps } from '@mantine/core';

export const SCROLLED_BY_KEYS: Pick<TableScrollContainerProps, 'scrollAreaProps'> = {
  scrollAreaProps: { viewportProps: { tabIndex: 0 } },
};
