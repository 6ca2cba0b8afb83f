// Text of a page that its reader did not see, and why.
import { Badge, Group, Stack, Text, Tooltip } from '@mantine/core';
import type { HiddenText as Hidden } from '../api/types';
import { counted } from '../shared/format';
import classes from './Preview.module.css';
import { hidesOnPurpose, reasonWords, usualWords } from './previewWords';

export function HiddenText({ hidden }: { hidden: Hidden[] }) {
  const unusual = hidden.filter(({ usual }) => !usual);
  const usual = hidden.filter((one) => one.usual);
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {hidesOnPurpose(hidden)
          ? 'Filters and search find this text, the reader did not see it.'
          : 'The reader did not see this text either. Honest senders hide such text, too.'}
      </Text>
      <ul className={classes.passages} aria-label="Hidden text">
        {[...unusual, ...usual].map((one) => (
          <Passage key={`${one.reason} ${one.because} ${one.offset}`} passage={one} />
        ))}
      </ul>
    </Stack>
  );
}

function Passage({ passage }: { passage: Hidden }) {
  const { reason, because, text, letters, times, usual } = passage;
  const hint = usual && usualWords(usual);
  return (
    <li className={classes.passage}>
      <Group gap={6} mb={2}>
        <Text size="sm" fw={600}>
          {reasonWords(reason)}
        </Text>
        <Text size="xs" className="mono breakable" c="dimmed">
          {because}
        </Text>
        {hint && (
          <Tooltip label={hint.hint} multiline maw={320}>
            <Badge size="sm" color="gray" tt="none" tabIndex={0} aria-label={`${hint.label}: ${hint.hint}`}>
              {hint.label}
            </Badge>
          </Tooltip>
        )}
      </Group>
      <Text size="sm" className="breakable">
        {text}
      </Text>
      <Text size="xs" c="dimmed">
        {counted(letters, 'letter')}
        {times > 1 && ` in ${counted(times, 'place')}`}
      </Text>
    </li>
  );
}
