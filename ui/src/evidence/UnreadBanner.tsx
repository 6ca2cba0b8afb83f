// What could not be read, why, and what can be done about it.
import { Alert, Anchor, Badge, Button, Stack, Text } from '@mantine/core';
import { IconLock, IconPuzzleOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { Evidence } from '../api/types';
import { counted } from '../shared/format';
import { partName } from './partWords';
import classes from './UnreadBanner.module.css';
import { nextSteps, REASON_WORDS, type Unread, unreadOf } from './unread';

/** So many are shown at first. */
const AT_FIRST = 4;

type UnreadBannerProps = {
  evidence: Pick<Evidence, 'defects' | 'root'>;
  onOpen: (path: string) => void;
  /** Of a file that is kept nowhere: there is nothing to download. */
  ofFile?: boolean;
};

export function UnreadBanner({ evidence, onOpen, ofFile = false }: UnreadBannerProps) {
  const [all, setAll] = useState(false);
  const unread = unreadOf(evidence);
  if (unread.length === 0) return null;
  const locked = unread.some(({ reason }) => reason === 'key' || reason === 'password');
  const shown = all ? unread : unread.slice(0, AT_FIRST);
  const parts = new Set(unread.map(({ part }) => part?.path ?? '/')).size;
  return (
    <Alert
      color={locked ? 'violet' : 'yellow'}
      p="xs"
      styles={{ body: { minWidth: 0 } }}
      icon={locked ? <IconLock /> : <IconPuzzleOff />}
      title={`${counted(parts, 'part')} could not be read in full`}
    >
      <Stack gap={4} align="flex-start">
        <ul className={classes.list} aria-label="Not read">
          {shown.map((one, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one part may say the same twice
            <li key={place}>
              <UnreadLine unread={one} onOpen={onOpen} />
            </li>
          ))}
        </ul>
        {unread.length > shown.length && (
          <Button variant="subtle" size="compact-xs" onClick={() => setAll(true)}>
            Show all {unread.length}
          </Button>
        )}
        <Text size="sm" c="dimmed">
          {nextSteps(unread, ofFile).join(' ')}
        </Text>
      </Stack>
    </Alert>
  );
}

function UnreadLine({ unread, onOpen }: { unread: Unread; onOpen: UnreadBannerProps['onOpen'] }) {
  const { part, reason, message } = unread;
  const { color, label } = REASON_WORDS[reason];
  return (
    <Text size="sm" className="breakable" component="div">
      <Badge size="sm" color={color} mr={6} className={classes.reason}>
        {label}
      </Badge>
      {part && part.path !== '/' ? (
        <Anchor
          component="button"
          type="button"
          size="sm"
          fw={600}
          className={classes.part}
          title={partName(part)}
          onClick={() => onOpen(part.path)}
        >
          {partName(part)}
        </Anchor>
      ) : (
        <Text span size="sm" fw={600}>
          The whole
        </Text>
      )}{' '}
      {message}
    </Text>
  );
}
