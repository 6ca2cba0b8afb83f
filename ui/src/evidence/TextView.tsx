// The best plain text of a message.
import { Group, Text } from '@mantine/core';
import type { Evidence } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { EmptyState } from '../shared/states';
import { TextBlock } from './TextBlock';

export function TextView({ body }: { body: Evidence['text'] }) {
  if (!body?.content) return <EmptyState title="No text">The message holds no text to read.</EmptyState>;
  return (
    <>
      <Group justify="space-between" mb={4}>
        <Text size="xs" c="dimmed">
          From part {body.path}
        </Text>
        <CopyButton value={body.content} label="Copy the text" />
      </Group>
      <TextBlock content={body.content} truncated={body.truncated} />
    </>
  );
}
