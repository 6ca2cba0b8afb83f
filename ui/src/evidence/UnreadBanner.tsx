// What could not be read, why, and what can be done about it. What a key would open stands by itself: there is a way.
import { Alert, Anchor, Badge, Button, Group, Stack, Text } from '@mantine/core';
import { IconKeyOff, IconLock, IconPuzzleOff } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { Evidence } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { counted } from '../shared/format';
import { partName } from './partWords';
import classes from './UnreadBanner.module.css';
import { nextSteps, REASON_WORDS, type Unread, unreadOf, wantedRecipients } from './unread';

/** So many are shown at first. */
const AT_FIRST = 4;

type UnreadBannerProps = {
  evidence: Pick<Evidence, 'defects' | 'root'>;
  onOpen: (path: string) => void;
  /** Of a file that is kept nowhere: there is nothing to download. */
  ofFile?: boolean;
  /** What can be done here when a key is wanting; without it, it is said in words. */
  keyHelp?: (recipients: string[]) => ReactNode;
};

export function UnreadBanner({ evidence, onOpen, ofFile = false, keyHelp }: UnreadBannerProps) {
  const unread = unreadOf(evidence);
  const locked = unread.filter(({ reason }) => reason === 'key');
  const others = unread.filter(({ reason }) => reason !== 'key');
  const needsPassword = others.some(({ reason }) => reason === 'password');
  return (
    <>
      {locked.length > 0 && (
        <UnreadAlert
          color="violet"
          icon={<IconKeyOff />}
          title={
            locked.some(({ part }) => part?.path === '/')
              ? 'The message needs a key'
              : `${counted(locked.length, 'part needs', 'parts need')} a key`
          }
          unread={locked}
          onOpen={onOpen}
        >
          {keyHelp ? keyHelp(wantedRecipients(locked)) : <Steps of={nextSteps(locked, ofFile)} />}
        </UnreadAlert>
      )}
      {others.length > 0 && (
        <UnreadAlert
          color={needsPassword ? 'violet' : 'yellow'}
          icon={needsPassword ? <IconLock /> : <IconPuzzleOff />}
          title={`${counted(new Set(others.map(({ part }) => part?.path ?? '/')).size, 'part')} could not be read in full`}
          unread={others}
          onOpen={onOpen}
        >
          <Steps of={nextSteps(others, ofFile)} />
        </UnreadAlert>
      )}
    </>
  );
}

function Steps({ of }: { of: string[] }) {
  return (
    <Text size="sm" c="dimmed">
      {of.join(' ')}
    </Text>
  );
}

type UnreadAlertProps = {
  color: string;
  icon: ReactNode;
  title: string;
  unread: Unread[];
  onOpen: (path: string) => void;
  children: ReactNode;
};

function UnreadAlert({ color, icon, title, unread, onOpen, children }: UnreadAlertProps) {
  const [all, setAll] = useState(false);
  const shown = all ? unread : unread.slice(0, AT_FIRST);
  return (
    <Alert color={color} p="xs" styles={{ body: { minWidth: 0 } }} icon={icon} title={title}>
      <Stack gap={4}>
        <ul className={classes.list} aria-label="Not read">
          {shown.map((one, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one part may say the same twice
            <li key={place}>
              <UnreadLine unread={one} onOpen={onOpen} />
            </li>
          ))}
        </ul>
        {unread.length > shown.length && (
          <Button variant="subtle" size="compact-xs" w="fit-content" onClick={() => setAll(true)}>
            Show all {unread.length}
          </Button>
        )}
        {children}
      </Stack>
    </Alert>
  );
}

function UnreadLine({ unread, onOpen }: { unread: Unread; onOpen: UnreadBannerProps['onOpen'] }) {
  const { part, reason, message, recipients } = unread;
  const { color, label } = REASON_WORDS[reason];
  return (
    <Text size="sm" className="breakable" component="div">
      {reason !== 'key' && (
        <Badge size="sm" color={color} mr={6} className={classes.reason}>
          {label}
        </Badge>
      )}
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
      {recipients.map((recipient) => (
        <Group key={recipient} gap={4} wrap="nowrap" pl="md">
          <Text size="sm" className="mono breakable">
            {recipient}
          </Text>
          <CopyButton value={recipient} label="Copy the recipient" />
        </Group>
      ))}
    </Text>
  );
}
