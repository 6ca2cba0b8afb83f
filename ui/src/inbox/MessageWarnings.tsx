// What is wrong or odd about a message, above its content.
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCopyOff, IconRefresh } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { MessageDetail } from '../api/types';
import { DefectList } from '../evidence/DefectList';
import { unreadReason } from '../evidence/unread';
import { useMay } from '../session/session';
import { useRetryMessage } from './messages';

export function MessageWarnings({ message }: { message: MessageDetail }) {
  const { summary, same_id } = message;
  return (
    <>
      {summary.state === 'needs_attention' && <NeedsAttention message={message} />}
      {same_id.length > 0 && (
        <Alert
          color="orange"
          p="xs"
          icon={<IconCopyOff />}
          title="The same Message-ID was used for different content"
        >
          <Group gap="sm">
            <Text size="sm">
              Both are kept. Some senders re-use an ID by mistake, some to hide a message.
            </Text>
            {same_id.map((id, position) => (
              <Anchor key={id} component={Link} to={`/inbox/${id}`} size="sm">
                {same_id.length === 1 ? 'Open the other message' : `Other message ${position + 1}`}
              </Anchor>
            ))}
          </Group>
        </Alert>
      )}
    </>
  );
}

/** Broken rules of form. What was left unread is told by itself. */
export function NotWellFormed({ message: { evidence } }: { message: MessageDetail }) {
  const malformed = evidence?.defects.filter(({ code }) => !unreadReason(code)) ?? [];
  if (malformed.length === 0) return null;
  return (
    <Alert color="yellow" p="xs" icon={<IconAlertTriangle />} title="The message is not well-formed">
      <DefectList defects={malformed} />
    </Alert>
  );
}

function NeedsAttention({ message: { summary } }: { message: MessageDetail }) {
  const retry = useRetryMessage(summary.id);
  const mayRetry = useMay('write_desk');
  return (
    <Alert color="red" p="xs" icon={<IconAlertTriangle />} title="Needs attention" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm" className="breakable">
          Examining or deciding failed repeatedly, so the message was set aside. Nothing is lost: the raw
          message can be downloaded.
          {summary.last_error && ` Last error: ${summary.last_error}.`}
        </Text>
        {mayRetry && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} />}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            Retry
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
