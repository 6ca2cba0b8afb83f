// Says whether what is on the screen follows the server.
import { Group, Text, Tooltip } from '@mantine/core';
import { type LiveState, useLiveState } from './LiveEvents';
import classes from './LiveIndicator.module.css';

const WORDS: Record<LiveState, { label: string; explain: string }> = {
  connecting: { label: 'Connecting', explain: 'Opening the stream of live updates.' },
  live: { label: 'Live', explain: 'Changes appear by themselves.' },
  reconnecting: {
    label: 'Reconnecting',
    explain: 'Live updates were interrupted; the page tries again by itself and then catches up.',
  },
};

export function LiveIndicator() {
  const state = useLiveState();
  const { label, explain } = WORDS[state];
  return (
    <Tooltip label={explain} multiline maw={260}>
      <Group
        gap={6}
        wrap="nowrap"
        role="status"
        aria-label={`Live updates: ${label}`}
        className={classes.root}
      >
        <span className={classes.dot} data-state={state} />
        <Text size="xs" c="dimmed" visibleFrom="sm">
          {label}
        </Text>
      </Group>
    </Tooltip>
  );
}
