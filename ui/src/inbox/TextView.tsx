// The best plain text of a message.
import { Alert, Group, Text } from '@mantine/core';
import type { Evidence } from '../api/types';
import { CopyButton } from '../shared/CopyButton';
import { EmptyState } from '../shared/states';
import classes from './TextView.module.css';

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
      {body.truncated && (
        <Alert color="yellow" p="xs" mb="xs">
          The text is cut here because it is very long. The raw message holds all of it.
        </Alert>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <pre className={classes.text} tabIndex={0}>
        {body.content}
      </pre>
    </>
  );
}
