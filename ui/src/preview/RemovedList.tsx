// What was taken out of a page, with the addresses it would have led to or fetched from.
import { Stack, Text } from '@mantine/core';
import type { Removed } from '../api/types';
import classes from './Preview.module.css';

export function RemovedList({ removed }: { removed: Removed[] }) {
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        None of this was loaded, run or sent. The raw message still has it.
      </Text>
      <ul className={classes.passages} aria-label="Taken out">
        {removed.map(({ kind, count, addresses }) => (
          <li key={kind} className={classes.passage}>
            <Text size="sm" fw={600}>
              {kind} ({count})
            </Text>
            {addresses.map((address) => (
              <Text key={address} size="xs" className="mono breakable">
                {address}
              </Text>
            ))}
          </li>
        ))}
      </ul>
    </Stack>
  );
}
